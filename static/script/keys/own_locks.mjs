// Enhances the holder's pages with what only the holder's keys can make and open: the server can put nothing in its place.
//
// Written as the fingerprint of the key, 16 bytes, the nonce, 12 bytes, and the box, AES-256-GCM.
import { fingerprintOf } from "../sealing/fingerprint.mjs";
import { agree } from "../sealing/keys.mjs";
import { isSame } from "../sealing/poly1305.mjs";
import { bytesOf, joined } from "../sealing/text.mjs";

export const FINGERPRINT = 16;
const NONCE = 12;

/** A key for one purpose: of what a pair has in common with itself, so that whoever has the pair has it too. */
async function keyOf({ secretKey, publicKey }, purpose) {
  const common = await agree(secretKey, publicKey);
  const material = await crypto.subtle.importKey("raw", common, "HKDF", false, ["deriveKey"]);
  common.fill(0);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: bytesOf(purpose) };
  return crypto.subtle.deriveKey(derivation, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const cipherOf = (iv, about) => ({ name: "AES-GCM", iv, additionalData: bytesOf(about) });

/** `content` locked under a pair. `purpose` names what it is for, `about` what it belongs to and opens with. */
export async function lock(content, pair, purpose, about) {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const box = new Uint8Array(await crypto.subtle.encrypt(cipherOf(iv, about), await keyOf(pair, purpose), content));
  return joined(await fingerprintOf(pair.publicKey), iv, box);
}

/** The content, by the one of `pairs` that locked it; null where none did, or where it belongs to something else. */
export async function unlock(bytes, pairs, purpose, about) {
  if (bytes.length <= FINGERPRINT + NONCE) return null;
  for (const pair of pairs) {
    if (!isSame(await fingerprintOf(pair.publicKey), bytes.subarray(0, FINGERPRINT))) continue;
    const iv = bytes.slice(FINGERPRINT, FINGERPRINT + NONCE);
    const box = bytes.slice(FINGERPRINT + NONCE);
    const content = await crypto.subtle.decrypt(cipherOf(iv, about), await keyOf(pair, purpose), box).catch(() => null);
    return content && new Uint8Array(content);
  }
  return null;
}
