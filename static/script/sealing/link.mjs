// The part of an invitation's address that no server sees: who may come in, whose key it is, what proves the sender.
import { bytesOfBase64 } from "./text.mjs";

const FINGERPRINT = 16;
const SECRET = 16;

/**
 * `{token, fingerprint, secret}` of a fragment, with or without its "#"; null where it is no link of ours. A link of a
 * channel that anybody may write to has no token, one that a program made may have neither fingerprint nor secret.
 */
export function partsOf(fragment) {
  const parts = fragment.replace(/^#/, "").split(".");
  if (parts.length > 3) return null;
  const [token, fingerprint, secret] = [...parts, "", ""];
  if (!/^[A-Za-z0-9_~+/=%-]*$/.test(token)) return null;
  const found = { token: token === "" ? null : unescaped(token), fingerprint: null, secret: null };
  if (token !== "" && found.token === null) return null;
  if (fingerprint !== "") {
    found.fingerprint = bytesOfBase64(fingerprint);
    if (found.fingerprint?.length !== FINGERPRINT) return null;
  }
  if (secret !== "") {
    found.secret = bytesOfBase64(secret);
    if (found.secret?.length !== SECRET) return null;
  }
  return found.token === null && found.fingerprint === null ? null : found;
}

/** Some programs that pass links on write signs as `%2B`. */
function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
