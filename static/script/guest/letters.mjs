// Enhances a counterparty's page with sealing: what it writes is for the holder's key only, and opens what it reads.
import { FROM_OWNER, keyOfName, pack, SEALED, TO_OWNER, unpack } from "../sealing/envelope.mjs";
import { fingerprintOf } from "../sealing/fingerprint.mjs";
import { open, seal } from "../sealing/sealed_box.mjs";
import { isSame } from "../sealing/poly1305.mjs";
import { bare, bytesOfBase64 } from "../sealing/text.mjs";

/** How the page may write: to whom nobody can read along, to a key that nobody checked, in the clear, or not at all. */
export const PROVEN = "proven";
export const UNCHECKED = "unchecked";
export const PLAIN = "plain";
export const OTHER_KEY = "other-key";

/** Which of these holds for a link's fingerprint and the keys that the server names, the one of today and older ones. */
export async function judge(fingerprint, named, older = []) {
  const [key, ...others] = [named, ...older].map(keyOfName);
  if (fingerprint === null) return { way: key === null ? PLAIN : UNCHECKED, key };
  for (const one of [key, ...others]) {
    if (one !== null && isSame(await fingerprintOf(one), fingerprint)) return { way: PROVEN, key: one };
  }
  return { way: OTHER_KEY, key: null };
}

/** What goes out for a body of a type: `{type, body, n}`, sealed where there is a key; else it has no number. */
export async function outgoing({ type, body }, { key, device, link }) {
  if (key === null) return { type, body, n: null };
  const letter = { type, body, n: await device.nextNumber(), at: new Date().toISOString() };
  const content = await pack({ ...letter, replyTo: device.pair.publicKey }, { ...link, direction: TO_OWNER });
  return { type: SEALED, body: await seal(content, key), n: letter.n };
}

/**
 * A message of the API as it is shown: `{type, body, own, proof, n}`. `proof` is "proven", "wrong", "none",
 * or "open" for what came unsealed; `type` is null for what cannot be opened on this device.
 */
export async function incoming(message, { device, link }) {
  const own = device && (await device.wrote(message.sequence));
  if (own) return { ...own, own: true, proof: "none", n: null };
  const body = bytesOfBase64(message.payload) ?? new Uint8Array(0);
  const plain = { type: message.content_type, body, own: false, proof: "open", n: null };
  if (bare(message.content_type) !== SEALED) return plain;
  const content = device && (await open(body, device.pair));
  const letter = content && (await unpack(content, { ...link, direction: FROM_OWNER }));
  if (!letter) return { ...plain, type: null, proof: "none" };
  return { type: letter.type, body: letter.body, own: false, proof: letter.proof, n: letter.n };
}
