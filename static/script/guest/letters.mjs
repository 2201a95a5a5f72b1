// Enhances a counterparty's page with sealing: what it writes is for the holder's key only, and opens what it reads.
import { FROM_OWNER, keyOfName, NEWER, pack, SEALED, TO_OWNER, unpack } from "../sealing/envelope.mjs";
import { fingerprintOf } from "../sealing/fingerprint.mjs";
import { open, seal } from "../sealing/sealed_box.mjs";
import { isSame } from "../sealing/poly1305.mjs";
import { bare } from "../sealing/text.mjs";

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
 * A message of the channel as it is shown: `{type, body, own, author, proof, n}`. `own` is what this device wrote, `author` who
 * did it as the server says: "holder", "own" with this link, or "other". `proof` is "proven", "wrong", "none", "newer",
 * or "open" for what came unsealed; `type` is null for what cannot be read on this device.
 */
export async function incoming({ sequence, body, type, author: told }, { device, link }) {
  const own = device && (await device.wrote(sequence));
  if (own) return { ...own, own: true, author: "own", proof: "none", n: null };
  const author = ["own", "other"].includes(told) ? told : "holder";
  const plain = { type, body, own: false, author, proof: "open", n: null };
  const content = device && (await open(body, device.pair));
  // A program seals the bytes themselves, under whatever type they have.
  if (bare(type) !== SEALED) return content ? { ...plain, body: content, proof: "none" } : plain;
  const letter = content && (await unpack(content, { ...link, direction: FROM_OWNER }));
  if (!letter) return { ...plain, type: null, proof: "none" };
  if (letter.proof === NEWER) return { ...plain, type: null, proof: NEWER };
  return { type: letter.type, body: letter.body, own: false, author, proof: letter.proof, n: letter.n };
}
