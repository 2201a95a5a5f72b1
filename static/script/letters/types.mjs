// Enhances files that are sent: their name is a parameter of their content type, written as the server writes it.
import { plain } from "./names.mjs";

/** The longest content type. */
const LONGEST = 255;

/** What a parameter holds as it is; everything else is written as the bytes of its UTF-8. RFC 8187. */
const SIMPLE = /^[A-Za-z0-9 \-._()+,@]*$/;
const escaped = (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
const encoded = (name) => encodeURIComponent(name).replace(/[!'()*]/g, escaped);
const parameter = (name) => (SIMPLE.test(name) ? `name="${name}"` : `name*=UTF-8''${encoded(name)}`);

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
