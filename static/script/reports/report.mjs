// Enhances sealed reports of transactions, as mAPI sends them: what is said in words, and all of it to read.
import { grouped } from "../counts.mjs";
import { textOf } from "../sealing/text.mjs";

/** Bytes of a report that are read. */
const READ = 64 * 1024;

/** How deep a report may be that is shown in indented lines. A deeper one was made to be slow. */
const DEEPEST = 32;

/** When the first block was found. A processor that names an earlier time has none. */
const FIRST_BLOCK = Date.parse("2009-01-03T18:15:05Z");

/** What is said by each reason, and how it is to be taken. */
const REASONS = {
  merkleProof: ["Mined", "done"],
  doubleSpend: ["Double spent", "failed"],
  doubleSpendAttempt: ["Double spend attempt", "doubt"],
};

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const said = (value) => (typeof value === "string" && value !== "" ? value.slice(0, 300) : null);
const isHash = (value) => typeof value === "string" && /^[0-9a-f]{64}$/i.test(value);
const id = (value) => (isHash(value) ? value.toLowerCase() : said(value));

/** The beginning and the end of a long id. */
export const shortId = (text) => (text.length > 12 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text);

function when(text) {
  const at = new Date(said(text) ?? NaN);
  return at >= FIRST_BLOCK ? at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" }) : said(text);
}

function depthOf(json) {
  let [depth, deepest] = [0, 0];
  for (const sign of json.replace(/"(?:[^"\\]|\\.)*"/g, "")) {
    if (sign === "[" || sign === "{") depth += 1;
    else if (sign === "]" || sign === "}") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** All of it, in lines where it is no deeper than people write. */
function written(value, plain) {
  try {
    const json = JSON.stringify(value);
    return depthOf(json) > DEEPEST ? json : JSON.stringify(value, null, 2);
  } catch {
    // So deep that it cannot be written at all.
    return plain;
  }
}

/** The proof that came with a report, if one did. */
const proofIn = (payload) => (Array.isArray(payload?.nodes) ? payload : null);

/** What letters report, by their bytes: a list asks several times. */
const known = new WeakMap();

/**
 * What a letter reports, `{words, tone, txid, block, facts, proof, text}`, or null where it is no report. Its signature is
 * not judged here: browsers have no arithmetic for its curve.
 */
export function reportOf({ body }) {
  if (!known.has(body)) known.set(body, read(body));
  return known.get(body);
}

function read(body) {
  if (body.length > READ || body[0] !== 0x7b) return null;
  const outer = parsed(textOf(body) ?? "");
  const inside = typeof outer?.payload === "string" ? parsed(outer.payload) : null;
  const inner = inside?.callbackTxId ? inside : outer;
  const [txid, reason] = [id(inner?.callbackTxId), said(inner?.callbackReason)];
  if (!txid || !reason) return null;
  const [state, tone] = Object.hasOwn(REASONS, reason) ? REASONS[reason] : [reason, "waiting"];
  const height = Number.isSafeInteger(inner.blockHeight) && inner.blockHeight > 0 ? grouped(inner.blockHeight) : null;
  const words = height && tone === "done" ? `${state} in block ${height}` : state;
  const payload = typeof inner.callbackPayload === "string" ? parsed(inner.callbackPayload) : inner.callbackPayload;
  const block = id(inner.blockHash);
  const facts = [
    ["Transaction", txid],
    ["Status", words],
    ["Block height", height],
    ["Block", block],
    ["Reported", when(inner.timestamp)],
    ["Competing transactions", id(payload?.doubleSpendTxId)],
    ["Signature", said(outer.signature) && inner !== outer ? "In an envelope; not checked here: browsers cannot" : null],
  ].filter(([, value]) => value);
  const all = payload ? { ...inner, callbackPayload: payload } : inner;
  return { words, tone, txid, block, facts, proof: proofIn(payload), get text() { return written(all, textOf(body)); } };
}
