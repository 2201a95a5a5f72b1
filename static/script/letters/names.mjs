// Enhances letters that are files: their name is a parameter of their content type, written as the server writes it.

/** The longest content type. */
const LONGEST = 255;

/** What a parameter holds as it is; everything else is written as the bytes of its UTF-8. RFC 8187. */
const SIMPLE = /^[A-Za-z0-9 \-._()+,@]*$/;
const escaped = (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
const encoded = (name) => encodeURIComponent(name).replace(/[!'()*]/g, escaped);
const parameter = (name) => (SIMPLE.test(name) ? `name="${name}"` : `name*=UTF-8''${encoded(name)}`);

/** Without what would lead somewhere else, or turn a text round. */
const plain = (name) => name.toWellFormed().replace(/[/\\\p{C}]/gu, "_");

/** What a file says that it is, with its name, as a content type. What does not fit is cut in the middle of the name. */
export function typeOf(file) {
  const type = file.type || "application/octet-stream";
  const letters = [...plain(file.name)];
  for (;;) {
    const named = `${type}; ${parameter(letters.join(""))}`;
    if (named.length <= LONGEST || letters.length === 0) return named;
    letters.splice(Math.floor(letters.length / 2), 1);
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** The name that a content type carries. */
export function nameOf(type, sequence) {
  const extended = /;\s*name\*=utf-8''([^;]+)/i.exec(type)?.[1];
  const given = extended ? decoded(extended) : /;\s*name="?([^";]+)"?/i.exec(type)?.[1] ?? "";
  return plain(given).slice(0, 100) || `message-${sequence ?? "new"}`;
}
