// What two people compare to know that a key is the right one.

/** How many bytes of the hash there are: nobody finds a second key with the same ones. */
const LENGTH = 16;

/** The fingerprint of a public key: the first 16 bytes of its SHA-256. */
export async function fingerprintOf(publicKey) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey)).slice(0, LENGTH);
}

/** A fingerprint to read aloud: eight groups of five digits, each of which is two bytes as a number. */
export function aloud(fingerprint) {
  const groups = [];
  for (let at = 0; at < LENGTH; at += 2) {
    groups.push(String(fingerprint[at] * 256 + fingerprint[at + 1]).padStart(5, "0"));
  }
  return groups.join(" ");
}
