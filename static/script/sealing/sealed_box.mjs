// Sealed boxes as libsodium makes them: anybody can seal for a public key, only its holder can open.
//
// A box is the public key of a pair made for it alone, 32 bytes, a tag, 16 bytes, and the message with a stream added.
import { blake2b } from "./blake2b.mjs";
import { agree, newSecret, pairOf } from "./keys.mjs";
import { isSame, tag } from "./poly1305.mjs";
import { addStream, derive } from "./salsa20.mjs";

/** How many bytes longer than the message a box is. */
export const OVERHEAD = 48;

/** The stream's key, of what two keys have in common, and the nonce, of the public ones exactly as they are written. */
function streamOf(common, boxKey, publicKey) {
  const keys = new Uint8Array(64);
  keys.set(boxKey);
  keys.set(publicKey, 32);
  return { key: derive(common, new Uint8Array(16)), nonce: blake2b(keys, 24) };
}

/** `message` sealed for the holder of `publicKey`, 32 bytes. Throws a RangeError for a key that nobody can hold. */
export async function seal(message, publicKey) {
  if (publicKey.length !== 32) throw new RangeError("a public key has 32 bytes");
  const pair = await pairOf(newSecret());
  const common = await agree(pair.secretKey, publicKey);
  if (common === null) throw new RangeError("nobody can hold this key");
  const { key, nonce } = streamOf(common, pair.publicKey, publicKey);
  const box = new Uint8Array(OVERHEAD + message.length);
  // The first 32 bytes of the stream are the tag's key: it is taken before the message's place.
  const text = box.subarray(16);
  text.fill(0, 0, 32);
  text.set(message, 32);
  addStream(text, key, nonce);
  const tagKey = text.slice(0, 32);
  box.set(tag(box.subarray(OVERHEAD), tagKey), 32);
  box.set(pair.publicKey);
  return box;
}

/** The message of `box`, or null where it is damaged or sealed for another key than `{secretKey, publicKey}`. */
export async function open(box, { secretKey, publicKey }) {
  if (box.length < OVERHEAD) return null;
  const boxKey = box.slice(0, 32);
  const common = await agree(secretKey, boxKey);
  if (common === null) return null;
  const { key, nonce } = streamOf(common, boxKey, publicKey);
  const start = new Uint8Array(32);
  addStream(start, key, nonce);
  if (!isSame(tag(box.subarray(OVERHEAD), start), box.subarray(32, OVERHEAD))) return null;
  const text = box.slice(16);
  addStream(text, key, nonce);
  return text.slice(32);
}
