// Key files as the programs of the field write them: numbers 0 to 255, numbers -128 to 127, or base64.
import { pairOf } from "./keys.mjs";
import { base64Of, bytesOfBase64 } from "./text.mjs";

/** 32 bytes of a list of numbers, or null. A list of anything else would silently become other bytes. */
function ofNumbers(list) {
  const areBytes = Array.isArray(list) && list.length === 32 && list.every((one) => Number.isInteger(one));
  return areBytes && list.every((one) => one >= -128 && one <= 255) ? Uint8Array.from(list, (one) => one & 255) : null;
}

function ofText(text) {
  const bytes = typeof text === "string" ? bytesOfBase64(text) : null;
  return bytes?.length === 32 ? bytes : null;
}

/**
 * The secret key of a file's text, 32 bytes. Throws an Error that says what is wrong: not such a file, or a public key
 * that does not belong to the secret one.
 */
export async function readKeyFile(text) {
  let file = null;
  try {
    file = JSON.parse(text);
  } catch {
    // Said below.
  }
  const member = (name) => (file !== null && typeof file === "object" && Object.hasOwn(file, name) ? file[name] : null);
  if (member("keyType") !== null && member("keyType") !== "x25519") throw new Error("This key is not of X25519.");
  const secret = ofNumbers(member("privateKey")) ?? ofText(member("secretKey"));
  const publicKey = ofNumbers(member("publicKey")) ?? ofText(member("publicKey"));
  if (!secret || !publicKey) throw new Error("This is not a key file: it needs a public and a secret key of 32 bytes.");
  const pair = await pairOf(secret);
  if (!pair.publicKey.every((byte, index) => byte === publicKey[index])) {
    throw new Error("The public key of this file does not belong to its secret key.");
  }
  return secret;
}

const signed = (bytes) => [...new Int8Array(bytes)];

/** The forms a key file can have, by who takes them. */
export const FORMS = {
  javascript: (secret, publicKey) => ({ keyType: "x25519", publicKey: [...publicKey], privateKey: [...secret] }),
  android: (secret, publicKey) => ({ publicKey: signed(publicKey), privateKey: signed(secret) }),
  ios: (secret, publicKey) => ({ publicKey: base64Of(publicKey), secretKey: base64Of(secret) }),
};

/** A key file in one of `FORMS`. */
export async function writeKeyFile(secret, form) {
  const { publicKey } = await pairOf(secret);
  return JSON.stringify(FORMS[form](secret, publicKey));
}
