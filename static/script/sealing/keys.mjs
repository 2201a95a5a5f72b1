// Key pairs of X25519. The secret half becomes a key that no script can read again, whoever gets hold of the page.

/** What stands before the 32 bytes of a secret key in PKCS #8, the only form in which browsers take one. RFC 8410. */
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];

/** The point whose product with a secret key is the public key. */
const BASE = Uint8Array.of(9, ...new Array(31).fill(0));

/** A fresh secret key: 32 bytes. Whoever keeps a copy of it wraps it before it is made a pair. */
export function newSecret() {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** The pair of a secret key of 32 bytes: `{secretKey, publicKey}`, a key that cannot be read out and 32 bytes. */
export async function pairOf(secret) {
  if (secret.length !== 32) throw new RangeError("a secret key has 32 bytes");
  const encoded = Uint8Array.of(...PKCS8, ...secret);
  const secretKey = await crypto.subtle.importKey("pkcs8", encoded, "X25519", false, ["deriveBits"]);
  encoded.fill(0);
  return { secretKey, publicKey: await agree(secretKey, BASE) };
}

/** What the holders of both keys have in common: 32 bytes; null for a public key that has the same with everybody. */
export async function agree(secretKey, publicKey) {
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "X25519", false, []);
    const bits = await crypto.subtle.deriveBits({ name: "X25519", public: key }, secretKey, 256);
    const common = new Uint8Array(bits);
    return common.some((byte) => byte !== 0) ? common : null;
  } catch (error) {
    // One browser refuses such a key here, the other there, each with its own name for it.
    if (error.name === "OperationError" || error.name === "DataError") return null;
    throw error;
  }
}

/** Whether this browser has what keys need: a safe address, and X25519. */
export async function areSupported() {
  if (!globalThis.crypto?.subtle) return false;
  return pairOf(newSecret()).then(() => true, () => false);
}
