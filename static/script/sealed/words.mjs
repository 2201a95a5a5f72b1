// Enhances sealed messages with what is said of them: the sentences are the server's, in a template of the page.
import { find } from "../page.mjs";
import { AWAY, CLOSED, FAILED } from "./opening.mjs";

/** One of the page's own sentences. */
export const sentence = (which) => find("#letters").content.querySelector(`[data-is="${which}"]`).cloneNode(true);

/** What is said of a message that is not open. */
export const closedWords = (letter) => sentence({ [CLOSED]: "closed", [FAILED]: "failed", [AWAY]: "away" }[letter.is]);

/** The lock of an open message, with who wrote it. What is in order is told by the lock, what is not by words. */
export function lockOf(letter) {
  const lock = sentence("open");
  const proof = sentence(letter.proof);
  if (letter.proof === "wrong" || letter.proof === "none") return [lock, proof];
  lock.title = `${lock.title}. ${proof.textContent}`;
  find(".vh", lock).append(`. ${proof.textContent}`);
  return [lock];
}
