// Enhances links with their secret on every device of the holder: the server keeps it, and only the holder's key opens it.
//
// Written as `1.<fingerprint of the key>.<12 bytes of nonce and the box, AES-256-GCM>`, both base64 for addresses.
import { base64urlOf, bytesOfBase64, joined } from "../sealing/text.mjs";
import { FINGERPRINT, lock, unlock } from "./own_locks.mjs";

const PURPOSE = "peerbox secrets of links 1";

/** A box stands for one link only: the server cannot hand out another one's. */
const aboutOf = ({ channel, token }) => `${channel}\n${token}`;

/** `secret` of the link of a token, for the holder of `pair`. `link` is `{channel, token}`: the id of each. */
export async function wrapSecret(secret, pair, link) {
  const bytes = await lock(secret, pair, PURPOSE, aboutOf(link));
  return `1.${base64urlOf(bytes.subarray(0, FINGERPRINT))}.${base64urlOf(bytes.subarray(FINGERPRINT))}`;
}

/** The secret, by the one of `pairs` that wrapped it; null where none did, or where it was made for another link. */
export async function openSecret(wrapped, pairs, link) {
  const [version, fingerprint, text] = wrapped.split(".");
  const parts = version === "1" ? [fingerprint, text].map((part) => bytesOfBase64(part ?? "")) : [null];
  if (parts.includes(null) || parts[0].length !== FINGERPRINT) return null;
  return unlock(joined(...parts), pairs, PURPOSE, aboutOf(link));
}
