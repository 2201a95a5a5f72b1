// Enhances the holder's pages with what was inside a sealed message, which may be the report of a program.
import { element, filled } from "../letters/bubble.mjs";
import { reportOf } from "../reports/report.mjs";
import { sentence } from "./words.mjs";

/** How something is to be taken, as a colour and a sign. */
export const signOf = (tone) => sentence(`sign-${tone}`);

/** What a proof comes to, which takes a moment to compute. */
function path({ proof, txid, block }) {
  const place = element("dd", {}, "…");
  const come = import("../reports/proof.mjs").then(({ judged }) => judged(proof, txid, block));
  come.then(({ tone, words, root, but }) => {
    place.replaceChildren(signOf(tone), ` ${words} `, ...(root ? [element("code", {}, root)] : []));
    if (but) place.append(element("br"), element("span", { class: "small muted" }, but));
  }).catch(() => place.replaceChildren("Not checked: a part of this page did not load."));
  return [element("dt", {}, "Merkle path"), place];
}

/** A report of a transaction: its facts, and all of it folded away. */
function report(reported) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of reported.facts) {
    const sign = name === "Status" ? [signOf(reported.tone), " "] : [];
    list.append(element("dt", {}, name), element("dd", { dir: "auto" }, ...sign, value));
  }
  if (reported.proof) list.append(...path(reported));
  const all = element("summary", {}, "All that was reported");
  const text = element("pre", { class: "source" }, reported.text);
  return element("div", { class: "report" }, list, element("details", {}, all, text));
}

/** What a letter, `{type, body, raw}`, is to look at: elements, the last of which is its content. */
export function shown(letter, sequence) {
  const reported = letter.raw ? reportOf(letter) : null;
  return reported ? [report(reported)] : filled(letter, sequence);
}

/** The sign that stands before the line of a letter that is a report. */
export function signBefore(letter) {
  const reported = letter.raw ? reportOf(letter) : null;
  return reported ? [" ", signOf(reported.tone)] : [];
}
