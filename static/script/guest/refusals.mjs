// Enhances a counterparty's page with why a message was not taken; it comes when the first one is not.
import { find } from "../page.mjs";

const NUMBERS = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** What a refusal of a message means here; `fresh` is how many messages came that were not read. */
export function wordsOf(error, fresh) {
  if (error.status === 409 && fresh > 0) {
    return `Not sent: read the ${NUMBERS[fresh] ?? fresh} new ${fresh === 1 ? "one" : "ones"} first, then try again.`;
  }
  const is = { 401: "revoked", 403: "locked", 409: "unread", 413: "large", 507: "full" }[error.status] ?? "failed";
  return find("#words").content.querySelector(`[data-is=${is}]`).textContent;
}
