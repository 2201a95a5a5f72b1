// The part of an invitation's address that no server sees, as the holder's browser makes it; `link.mjs` reads it.
import { base64urlOf } from "./text.mjs";

/** Bytes of a secret. */
const SECRET = 16;

/** A fresh secret of a link, which both sides prove their messages with. */
export function newLinkSecret() {
  return crypto.getRandomValues(new Uint8Array(SECRET));
}

/** `token.fingerprint.secret`, each left empty where there is none. */
export function fragmentOf({ token = "", fingerprint = null, secret = null }) {
  const parts = [token, fingerprint ? base64urlOf(fingerprint) : "", secret ? base64urlOf(secret) : ""];
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return parts.join(".");
}
