// Enhances sealed reports of transactions, as mAPI sends them: what is said in words, and all of it to read.
import { textOf } from "../sealing/text.mjs";

/** Bytes of a report that are read. */
const READ = 64 * 1024;

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
const isHash = (text) => /^[0-9a-f]{64}$/i.test(text);
const id = (value) => (isHash(value) ? value.toLowerCase() : said(value));
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** The beginning and the end of a long id. */
export const shortId = (text) => (text.length > 12 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text);

function when(text) {
  const at = new Date(said(text) ?? NaN);
  return at >= FIRST_BLOCK ? at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" }) : said(text);
}

/** The proof that came with a report, if one did. */
const proofIn = (payload) => (Array.isArray(payload?.nodes) ? payload : null);

/**
 * What a letter reports, `{words, tone, txid, block, facts, proof, text}`, or null where it is no report. Its signature is
 * not judged here: browsers have no arithmetic for its curve.
 */
export function reportOf({ body }) {
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
  const text = JSON.stringify(payload ? { ...inner, callbackPayload: payload } : inner, null, 2);
  return { words, tone, txid, block, facts, proof: proofIn(payload), text };
}
