// Enhances links with their secret on every device of the holder: the server keeps it, and only the holder's key opens it.
//
// Written as `1.<fingerprint of the key>.<12 bytes of nonce and the box, AES-256-GCM>`, both base64 for addresses.
import { fingerprintOf } from "../sealing/fingerprint.mjs";
import { agree } from "../sealing/keys.mjs";
import { base64urlOf, bytesOf, bytesOfBase64 } from "../sealing/text.mjs";

const NONCE = 12;

/** The key for secrets of links: of what a pair has in common with itself, so that whoever has the pair has it too. */
async function keyOf({ secretKey, publicKey }) {
  const common = await agree(secretKey, publicKey);
  const material = await crypto.subtle.importKey("raw", common, "HKDF", false, ["deriveKey"]);
  common.fill(0);
  const salt = new Uint8Array(0);
  const derivation = { name: "HKDF", hash: "SHA-256", salt, info: bytesOf("peerbox secrets of links 1") };
  return crypto.subtle.deriveKey(derivation, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** A box stands for one link only: the server cannot hand out another one's. */
const cipherOf = (iv, { channel, token }) => ({ name: "AES-GCM", iv, additionalData: bytesOf(`${channel}\n${token}`) });

/** `secret` of the link of a token, for the holder of `pair`. `link` is `{channel, token}`: the id of each. */
export async function wrapSecret(secret, pair, link) {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const box = new Uint8Array(await crypto.subtle.encrypt(cipherOf(iv, link), await keyOf(pair), secret));
  const bytes = new Uint8Array(NONCE + box.length);
  bytes.set(iv);
  bytes.set(box, NONCE);
  return `1.${base64urlOf(await fingerprintOf(pair.publicKey))}.${base64urlOf(bytes)}`;
}

/** The secret, by the one of `pairs` that wrapped it; null where none did, or where it was made for another link. */
export async function openSecret(wrapped, pairs, link) {
  const [version, fingerprint, text] = wrapped.split(".");
  const bytes = version === "1" && text ? bytesOfBase64(text) : null;
  if (!bytes || bytes.length <= NONCE) return null;
  for (const pair of pairs) {
    if (base64urlOf(await fingerprintOf(pair.publicKey)) !== fingerprint) continue;
    const cipher = cipherOf(bytes.slice(0, NONCE), link);
    const box = bytes.slice(NONCE);
    const secret = await crypto.subtle.decrypt(cipher, await keyOf(pair), box).catch(() => null);
    return secret && new Uint8Array(secret);
  }
  return null;
}
