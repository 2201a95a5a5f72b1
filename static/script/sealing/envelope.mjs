// What is inside a sealed message: a line that says what it is, the body, and padding that hides how long it is.
//
// `{"v":1,"type":…,"length":…,"n":…,"at":…,"reply_to":…,"auth":…}`, a newline, the body, zeros up to the next 256 bytes.
import { base64Of, bytesOf, bytesOfBase64, joined, textOf } from "./text.mjs";

/** The content type of a message that a page sealed: all else is inside. */
export const SEALED = "application/vnd.peerbox.sealed";

/** Bytes of a message that a letter takes beside the body, at most. */
export const LETTER_BYTES = 1536;

/** The form of the line; what says another one needs a newer program. */
const VERSION = 1;
const PADDED_TO = 256;
const NAMED_KEY = "libsodium sealed_box ";

/** What a message of the holder and one of the counterparty are proven as, so that none can be sent back as another. */
export const TO_OWNER = "to-owner";
export const FROM_OWNER = "from-owner";

/** In the place of a proof: the line is of a form that is not known here. */
export const NEWER = "newer";

/** A content type as every message has one; any other is taken for plain bytes, whatever it would look like on a page. */
const TYPE = /^[ -~]{1,255}$/;

/** The last member of the line: 44 characters of base64 of 32 bytes. */
const PROOF = /,"auth":"([A-Za-z0-9+/]{43}=)"\}$/;

/** `libsodium sealed_box <base64>`, as programs of the field name a public key. */
export const nameOfKey = (publicKey) => NAMED_KEY + base64Of(publicKey);

/** The 32 bytes of a named public key, or null. */
export function keyOfName(name) {
  if (typeof name !== "string" || !name.startsWith(NAMED_KEY)) return null;
  const key = bytesOfBase64(name.slice(NAMED_KEY.length));
  return key?.length === 32 ? key : null;
}

/** The key that proves messages of one link: HMAC-SHA-256 under what HKDF makes of the link's secret. */
async function proofKey(secret) {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: bytesOf("peerbox link 1") };
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  return crypto.subtle.deriveKey(derivation, material, hmac, false, ["sign", "verify"]);
}

/** What is proven: channel, direction and the line without its proof, each ended by a newline, and the body. */
const proven = ({ channel, direction }, line, body) => joined(bytesOf(`${channel}\n${direction}\n${line}\n`), body);

/**
 * The content of a box: `body` (bytes) of `type`, the sender's message number `n`, written `at` (RFC 3339), to be
 * answered under the public key `replyTo`. `link` is `{secret, channel, direction}`; null leaves the sender unproven.
 */
export async function pack({ body, type, n, at, replyTo }, link) {
  let line = JSON.stringify({ v: VERSION, type, length: body.length, n, at, reply_to: nameOfKey(replyTo) });
  if (link?.secret) {
    const proof = await crypto.subtle.sign("HMAC", await proofKey(link.secret), proven(link, line, body));
    line = `${line.slice(0, -1)},"auth":"${base64Of(new Uint8Array(proof))}"}`;
  }
  const content = joined(bytesOf(`${line}\n`), body);
  return joined(content, new Uint8Array(-content.length & (PADDED_TO - 1)));
}

/**
 * What a content says: `{body, type, n, at, replyTo, proof}`, or null where it is not of this form. `proof` is
 * "proven", "wrong" (not from a holder of this link) or "none". A body shorter than its line says is no message.
 * What a newer program wrote is `{proof: NEWER}`: nothing of it can be judged here.
 */
export async function unpack(content, link) {
  const end = content.indexOf(0x0a);
  const line = end < 0 ? null : textOf(content.subarray(0, end));
  const said = line === null ? null : membersOf(line);
  if (said === null || said.v === undefined) return null;
  if (said.v !== VERSION) return { proof: NEWER };
  if (typeof said.type !== "string") return null;
  const { length } = said;
  if (!Number.isSafeInteger(length) || length < 0 || length > content.length - end - 1) return null;
  const body = content.slice(end + 1, end + 1 + length);
  return {
    body,
    type: TYPE.test(said.type) ? said.type : "application/octet-stream",
    n: Number.isSafeInteger(said.n) && said.n > 0 ? said.n : null,
    at: typeof said.at === "string" && !Number.isNaN(Date.parse(said.at)) ? said.at : null,
    replyTo: keyOfName(said.reply_to),
    proof: await judge(line, body, said, link),
  };
}

async function judge(line, body, said, link) {
  if (!link?.secret || said.auth === undefined) return link?.secret ? "wrong" : "none";
  const found = PROOF.exec(line);
  const given = found && bytesOfBase64(found[1]);
  if (!given) return "wrong";
  const message = proven(link, `${line.slice(0, found.index)}}`, body);
  return (await crypto.subtle.verify("HMAC", await proofKey(link.secret), given, message)) ? "proven" : "wrong";
}

/** The members of the line that mean something, without whatever an object is born with. */
function membersOf(line) {
  try {
    const parsed = JSON.parse(line);
    if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) return null;
    const named = ["v", "type", "length", "n", "at", "reply_to", "auth"].filter((name) => Object.hasOwn(parsed, name));
    return Object.fromEntries(named.map((name) => [name, parsed[name]]));
  } catch {
    return null;
  }
}
