// Enhances lists with letters in one line, and tells which of them have the words that somebody looks for.
import { PICTURES } from "../letters/bubble.mjs";
import { nameOf } from "../letters/names.mjs";
import { reportOf, shortId } from "../reports/report.mjs";
import { bare, textOf } from "../sealing/text.mjs";

/** Characters of a message that a list shows. */
const SNIPPET = 140;

/** A text in one line. */
export const inOne = (text) => text.split(/\s+/u).filter(Boolean).join(" ");

function short(line) {
  const letters = [...line];
  return letters.length > SNIPPET ? `${letters.slice(0, SNIPPET).join("")}…` : line;
}

/**
 * Letters without what makes a word look other: case, marks, two forms of one letter. Marks go first: many on one letter
 * would be put in order, which takes long.
 */
export const folded = (text) =>
  text.replace(/\p{M}+/gu, "").normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase().replaceAll("ß", "ss");

/** The text of a letter, or nothing. Programs seal their reports as bytes of no type. */
export const wordsIn = ({ type, body, raw }) =>
  /^(text\/|application\/json$)/.test(bare(type)) || (raw && reportOf({ body })) ? textOf(body) ?? "" : "";

/** Whether a text has all of these words, which are folded, and none of those. */
export function fits(text, words, without) {
  const looked = folded(text);
  return words.every((word) => looked.includes(word)) && !without.some((word) => looked.includes(word));
}

/** The part of a line around the first of the words, as long as a list shows. */
export function around(line, words) {
  const at = Math.min(...words.map((word) => folded(line).indexOf(word)).filter((found) => found >= 0));
  if (!Number.isFinite(at) || at < SNIPPET / 2) return short(line);
  const before = line.lastIndexOf(" ", Math.max(0, at - 16));
  return `… ${short(line.slice(Math.max(0, before) + 1))}`;
}

/** A letter in one line. */
export function lineOf(letter) {
  const { type } = letter;
  if (PICTURES.includes(bare(type))) return nameOf(type, null).startsWith("message-") ? "Picture" : nameOf(type, null);
  const reported = letter.raw ? reportOf(letter) : null;
  if (reported) return short(`${reported.words} · ${shortId(reported.txid)}`);
  const text = wordsIn(letter);
  if (!text) return nameOf(type, null).startsWith("message-") ? bare(type) : nameOf(type, null);
  return short(inOne(text));
}
