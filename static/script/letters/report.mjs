// Enhances sealed reports of transactions, as mAPI sends them: what is said in words, and all of it to read.
import { textOf } from "../sealing/text.mjs";

/** Bytes of a report that are read. */
const READ = 64 * 1024;

const REASONS = { merkleProof: "Mined", doubleSpend: "Double spend attempt", doubleSpendAttempt: "Double spend attempt" };

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const said = (value) => (["string", "number"].includes(typeof value) && value !== "" ? String(value).slice(0, 300) : null);

/** What a letter reports, `{words, txid, facts, text}`, or null where it is no report. Its signature is not judged here. */
export function reportOf({ body }) {
  if (body.length > READ || body[0] !== 0x7b) return null;
  const outer = parsed(textOf(body) ?? "");
  const inner = typeof outer?.payload === "string" ? parsed(outer.payload) : outer;
  const [txid, reason] = [said(inner?.callbackTxId), said(inner?.callbackReason)];
  if (!txid || !reason) return null;
  const words = Object.hasOwn(REASONS, reason) ? REASONS[reason] : reason;
  const height = said(inner.blockHeight);
  const facts = [
    ["Transaction", txid],
    ["Status", words],
    ["Block height", height],
    ["Block", said(inner.blockHash)],
    ["Reported", said(inner.timestamp)],
    ["Signature", inner === outer ? null : "In an envelope; not checked in the browser"],
  ].filter(([, value]) => value);
  const payload = typeof inner.callbackPayload === "string" ? parsed(inner.callbackPayload) : null;
  const text = JSON.stringify(payload ? { ...inner, callbackPayload: payload } : inner, null, 2);
  return { words: height && words === "Mined" ? `Mined in block ${height}` : words, txid, facts, text };
}
