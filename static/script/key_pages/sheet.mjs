// Enhances nothing by itself: writes a secret key so that people can type it again, and a slip is noticed.

/** The signs of a recovery text: none that is taken for another, whichever way it is printed. */
const SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A key of 32 bytes as it stands on a sheet: fourteen groups of four signs, five bits each. */
export async function sheetOf(secret) {
  const checked = Uint8Array.of(...secret, ...(await check(secret)));
  let bits = 0;
  let held = 0;
  let text = "";
  for (const byte of checked) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += SIGNS[(held >> (bits - 5)) & 31];
    held &= 31;
  }
  return text.match(/.{4}/g).join(" ");
}

/** Three bytes that tell a mistyped sheet from a right one. */
async function check(secret) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", secret)).slice(0, 3);
}

/** What somebody typed as it stands on a sheet: without spaces, and with the right one of signs that look alike. */
export const signsOf = (typed) =>
  typed.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");

/** The key of a sheet as somebody typed it, or null where it was mistyped. */
export async function ofSheet(typed) {
  const signs = signsOf(typed);
  if (signs.length !== 56 || [...signs].some((sign) => !SIGNS.includes(sign))) return null;
  const bytes = [];
  let bits = 0;
  let held = 0;
  for (const sign of signs) {
    held = (held << 5) | SIGNS.indexOf(sign);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
      held &= (1 << bits) - 1;
    }
  }
  const secret = Uint8Array.from(bytes.slice(0, 32));
  const expected = await check(secret);
  return expected.every((byte, index) => byte === bytes[32 + index]) ? secret : null;
}
