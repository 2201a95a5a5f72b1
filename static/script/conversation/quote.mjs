// Enhances a message of a conversation: Quote puts its text into what is being written.
import { find, textOf } from "../page.mjs";

/** A message as it is quoted: its number, and its text behind marks. */
export const quoted = (number, text) =>
  `#${number}\n${text.trim().split("\n").map((line) => `> ${line}`).join("\n")}\n\n`;

export function quote() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-quote]");
    const field = find("#text");
    if (!button || !field) return;
    button.closest("details").open = false;
    field.value += quoted(button.dataset.quote, textOf(document.getElementById(`t${button.dataset.quote}`)));
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}
