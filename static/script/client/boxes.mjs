// Sealing with keys as text: what is kept, handed over and typed in.
import { keyOfName, nameOfKey } from "../sealing/envelope.mjs";
import { aloud, fingerprintOf } from "../sealing/fingerprint.mjs";
import { newSecret, pairOf } from "../sealing/keys.mjs";
import { open, seal } from "../sealing/sealed_box.mjs";
import { base64Of, bytesOf, bytesOfBase64 } from "../sealing/text.mjs";

/** The bytes of a public key `libsodium sealed_box <base64>`. */
function named(publicKey) {
  const key = keyOfName(publicKey);
  if (key === null) throw new RangeError("a public key is written as: libsodium sealed_box <base64 of 32 bytes>");
  return key;
}

/** A body as bytes: text in UTF-8, a Blob, a buffer or bytes. */
export async function bytesOfBody(body) {
  if (typeof body === "string") return bytesOf(body);
  return new Uint8Array(body instanceof Blob ? await body.arrayBuffer() : body);
}

/** A fresh pair as text: `{publicKey, secretKey}`. */
export async function newKey() {
  const secret = newSecret();
  const { publicKey } = await pairOf(secret);
  return { publicKey: nameOfKey(publicKey), secretKey: base64Of(secret) };
}

/** `body` as only the holder of `publicKey` can open it. */
export async function sealFor(body, publicKey) {
  return seal(await bytesOfBody(body), named(publicKey));
}

/** What is inside a box; null where it is sealed for another key, or no box. */
export async function unseal(box, { secretKey }) {
  const secret = bytesOfBase64(secretKey);
  if (secret?.length !== 32) throw new RangeError("a secret key is base64 of 32 bytes");
  return open(await bytesOfBody(box), await pairOf(secret));
}

/** A public key in numbers that people compare. */
export async function fingerprint(publicKey) {
  return aloud(await fingerprintOf(named(publicKey)));
}
