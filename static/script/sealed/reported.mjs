// Enhances the holder's pages with what was inside a sealed message, which may be the report of a program.
import { element, filled } from "../letters/bubble.mjs";
import { reportOf } from "../letters/report.mjs";

/** A report of a transaction: its facts, and all of it folded away. */
function report({ facts, text }) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of facts) list.append(element("dt", {}, name), element("dd", { dir: "auto" }, value));
  const all = element("summary", {}, "All that was reported");
  return element("div", { class: "report" }, list, element("details", {}, all, element("pre", { class: "source" }, text)));
}

/** What a letter, `{type, body, raw}`, is to look at: elements, the last of which is its content. */
export function shown(letter, sequence) {
  const reported = letter.raw ? reportOf(letter) : null;
  return reported ? [report(reported)] : filled(letter, sequence);
}
