// Enhances lists of messages and an opened message: what is sealed is opened where it stands.
import { element } from "../letters/bubble.mjs";
import { find, findAll } from "../page.mjs";
import { lineOf } from "./line.mjs";
import { Opener, OPEN } from "./opening.mjs";
import { shown, signBefore } from "./reported.mjs";
import { search } from "./search.mjs";
import { watch } from "./watch.mjs";
import { closedWords, lockOf, sentence } from "./words.mjs";

/** Lists fetch no larger box; the message's own page does. */
const ROW_BYTES = 64 * 1024;

function showRow(row, letter) {
  row.dataset.is = letter.is;
  const line = find(".line", row);
  if (letter.is === OPEN) {
    line.classList.remove("sealed");
    line.replaceChildren(...lockOf(letter), ...signBefore(letter), " ", lineOf(letter));
    for (const chip of findAll(".side > .chip:not(:has(svg))", row)) chip.remove();
  } else if (row.dataset.box === "ours") {
    // The row is one link already.
    const words = closedWords(letter);
    line.replaceChildren(...words.childNodes);
    for (const link of findAll("a", line)) link.replaceWith("Sealed message");
  }
}

function showMessage(body, letter) {
  body.dataset.is = letter.is;
  const place = find("[data-lock]", body);
  if (letter.is !== OPEN) return body.dataset.box === "ours" && place?.replaceChildren(closedWords(letter));
  const elements = shown(letter, body.dataset.message.split(".").at(-1));
  const content = elements.at(-1);
  content.id = "content";
  if (content.matches(".text")) content.className = "prose";
  const first = find(".panelbody", body);
  first.replaceChildren(...elements, element("p", { class: "proof small" }, ...lockOf(letter)));
  find("label", body).textContent = "Message";
}

/** Opens what the page shows. Rows that come later are opened too. */
export async function start() {
  const opener = await Opener.open();
  const each = (show) => (some) => Promise.all(some.map(async (one) => {
    const isLarge = Number(one.dataset.bytes) > ROW_BYTES && !(await opener.kept.text(one.dataset.message));
    if (isLarge && one.dataset.box === "ours") find(".line", one).replaceChildren(...sentence("large").childNodes);
    else if (!isLarge) show(one, await opener.letter(one.dataset.message, one.dataset.where));
  }));
  const searched = find("#opened-here");
  if (searched) search(searched, opener.kept);
  const body = find("#boxed");
  if (body) await each(showMessage)([body]);
  for (const list of findAll("#messages, aside.list")) watch(list, each(showRow));
}
