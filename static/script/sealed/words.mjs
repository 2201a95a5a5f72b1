// Enhances sealed messages with what is said of them: the sentences are the server's, in a template of the page.
import { find } from "../page.mjs";
import { AWAY, CLOSED, FAILED, NEWER } from "./opening.mjs";

/** One of the page's own sentences. */
export const sentence = (which) => find("#letters").content.querySelector(`[data-is="${which}"]`).cloneNode(true);

/** What is said of a message that is not open. */
export const closedWords = (letter) =>
  sentence({ [CLOSED]: "closed", [FAILED]: "failed", [AWAY]: "away", [NEWER]: "newer" }[letter.is]);

/** What is to be said of who wrote a letter, where the server may say what is not so. */
function doubtOf({ own, claimed, shownAs, proof }) {
  if (own) return shownAs === "theirs" ? "yours" : "";
  if (!claimed && shownAs !== "own") return "";
  return proof === "proven" ? "theirs" : "claimed";
}

/** The lock of an open message, with who wrote it. What is in order is told by the lock, what is not by words. `shownAs` is
    on which side of a conversation it stands, "own" or "theirs". */
export function lockOf(letter, shownAs = null) {
  const lock = sentence("open");
  const proof = sentence(letter.proof);
  const doubt = doubtOf({ ...letter, shownAs });
  if (doubt) return [lock, sentence(doubt)];
  if (letter.proof === "wrong" || letter.proof === "none") return [lock, proof];
  lock.title = `${lock.title}. ${proof.textContent}`;
  find(".vh", lock).append(`. ${proof.textContent}`);
  return [lock];
}
