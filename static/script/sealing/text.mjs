// Bytes as text, and text as bytes: refused where one cannot become the other without loss.

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes in UTF-8, or null where they are none. */
export function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Bytes one after the other. */
export function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A content type without its parameters. */
export const bare = (type) => type.split(";")[0].trim().toLowerCase();

/** `text` in UTF-8. A half of a character, as a cut text may end with, throws a RangeError. */
export function bytesOf(text) {
  if (!text.isWellFormed()) throw new RangeError("the text ends in the middle of a character");
  return new TextEncoder().encode(text);
}

/** Base64 with padding. */
export function base64Of(bytes) {
  let characters = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    characters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(characters);
}

/** Base64 for addresses: other signs for the last two, and no padding. RFC 4648, section 5. */
export const base64urlOf = (bytes) => base64Of(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The bytes of base64 of either alphabet, or null where `text` is none. There is one text for the same bytes. */
export function bytesOfBase64(text) {
  const isPlain = /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0;
  const isForAddresses = /^[A-Za-z0-9_-]*$/.test(text);
  if (!isPlain && !isForAddresses) return null;
  try {
    const characters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(characters, (character) => character.charCodeAt(0));
    return (isPlain ? base64Of(bytes) : base64urlOf(bytes)) === text ? bytes : null;
  } catch {
    return null;
  }
}
