// A copy of a secret key for another device or for a bad day, which only a passphrase opens.
import { base64Of, bytesOf, bytesOfBase64 } from "./text.mjs";

/** How the passphrase becomes a key. A stronger way gets the next version; copies of this one stay readable. */
const VERSION = 1;
const ROUNDS = 600_000;

/** What a copy may ask of a browser at most, so that a made-up one cannot stop it for hours. */
const MOST_ROUNDS = 10_000_000;

async function keyOf(passphrase, salt, rounds) {
  // People type the same sign in several ways.
  const typed = bytesOf(passphrase.normalize("NFKC"));
  const material = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveKey"]);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(derivation, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** A copy of `bytes` that only `passphrase` opens: text in JSON. */
export async function wrap(bytes, passphrase) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(passphrase, salt, ROUNDS), bytes);
  const [s, i, b] = [salt, iv, new Uint8Array(box)].map(base64Of);
  const how = { v: VERSION, kdf: "PBKDF2-SHA-256", rounds: ROUNDS, cipher: "AES-256-GCM" };
  return JSON.stringify({ ...how, salt: s, iv: i, box: b });
}

/** The bytes of a copy; null for another passphrase. Throws an Error for what is no copy, or of a later kind. */
export async function unwrap(copy, passphrase) {
  let said = null;
  try {
    said = JSON.parse(copy);
  } catch {
    // Said below.
  }
  if (said?.v > VERSION) throw new Error("This copy was made by a newer version.");
  const bytesOfPart = (part) => (typeof part === "string" ? bytesOfBase64(part) : null);
  const [salt, iv, box] = [said?.salt, said?.iv, said?.box].map(bytesOfPart);
  const isRounds = Number.isSafeInteger(said?.rounds) && said.rounds > 0 && said.rounds <= MOST_ROUNDS;
  if (said?.v !== VERSION || !isRounds || !salt || iv?.length !== 12 || !box) {
    throw new Error("This is not a copy of a key.");
  }
  try {
    const bytes = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await keyOf(passphrase, salt, said.rounds), box);
    return new Uint8Array(bytes);
  } catch (error) {
    if (error.name === "OperationError") return null;
    throw error;
  }
}
