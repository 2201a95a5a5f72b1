// Enhances a search: the server cannot read what is sealed, so this device looks through what it has opened itself.
import { element } from "../letters/bubble.mjs";
import { base, find, findAll } from "../page.mjs";
import { around, fits, inOne, wordsIn } from "./line.mjs";

/** Hits that are shown. */
const MOST = 20;

/** Whether the message is still there. What was deleted is forgotten here too. */
async function isThere(message) {
  const answer = await fetch(`${base()}/m/${message.replace(".", "/")}/box`, { cache: "no-store" }).catch(() => null);
  return answer?.status !== 404;
}

const isAbout = (channel, message) => !channel || message.startsWith(`${channel}.`);

/** All letters in which the words are, newest first, and how many were looked through. */
async function hits(kept, { words, without, channel }) {
  const found = [];
  const names = (await kept.names()).filter((message) => isAbout(channel, message));
  let looked = 0;
  for (const message of names) {
    const letter = await kept.text(message);
    if (!letter || letter.about.failedWith) continue;
    looked += 1;
    const text = wordsIn({ ...letter.about, body: letter.body });
    if (fits(text, words, without)) found.push({ message, text, ...letter.about });
  }
  found.sort((one, other) => Date.parse(other.received) - Date.parse(one.received));
  return { found, looked };
}

function row({ message, text, where, received }, words) {
  const link = element("a", { href: `${base()}/m/${message.replace(".", "/")}`, dir: "auto" }, around(inOne(text), words));
  const number = message.split(".").at(-1);
  const day = new Date(received).toLocaleDateString(undefined, { dateStyle: "medium" });
  const about = element("p", { class: "sub" }, element("bdi", {}, where ?? ""), ` #${number}, ${day}`);
  return element("li", {}, element("div", {}, link, about));
}

/** The head of a search in which so many were found here; `said` is what it said of those that the server found, or nothing. */
export const headWords = (said, count) =>
  said ? `${said}, ${count} more in sealed messages` : `${count} found in sealed messages`;

/** What the list says of itself is true of the search as a whole. */
function count(number) {
  const summary = find("#summary");
  summary.textContent = headWords(find("#messages .row") ? summary.textContent.trim() : "", number);
  const empty = find("#messages [data-else]");
  if (empty) empty.textContent = empty.dataset.else;
}

/** Looks through what was opened here, and says how far that is. */
export async function search(place, kept) {
  const values = (name) => findAll(`[data-${name}]`, place).map((one) => one.value);
  const wanted = { words: values("word"), without: values("without"), channel: place.dataset.channel };
  const { found, looked } = await hits(kept, wanted);
  if (looked === 0) return;
  const list = find("ul", place);
  let gone = 0;
  for (const hit of found.slice(0, MOST)) {
    if (await isThere(hit.message)) {
      list.append(row(hit, wanted.words));
    } else {
      gone += 1;
      await kept.forgetText(hit.message);
    }
  }
  if (found.length > gone) count(found.length - gone);
  const more = found.length > MOST ? `, the newest ${MOST} of ${found.length} that have the words` : "";
  find("[data-far]", place).textContent =
    `Also looked through ${looked} sealed message${looked === 1 ? "" : "s"} opened on this device${more}.`;
  place.hidden = false;
}
