// Enhances a conversation: sealed messages are opened where they stand, with who wrote them and whether one is missing.
import { element, PICTURES } from "../letters/bubble.mjs";
import { find, findAll } from "../page.mjs";
import { judged, wordsOf } from "../sealing/numbers.mjs";
import { bare } from "../sealing/text.mjs";
import { OPEN } from "./opening.mjs";
import { shown } from "./reported.mjs";
import { watch } from "./watch.mjs";
import { closedWords, lockOf, sentence } from "./words.mjs";

function showOpen(say, letter) {
  const sequence = say.dataset.sequence;
  const elements = shown(letter, sequence);
  const content = elements.at(-1);
  const lock = lockOf(letter, say.closest(".turn").matches(".own") ? "own" : "theirs");
  const foot = element("p", { class: lock.length > 1 ? "proof small" : "proof small brief" }, ...lock);
  find(".bubble", say).replaceChildren(...elements, foot);
  if (PICTURES.includes(bare(letter.type)) || !content.matches(".text")) return;
  content.id = `t${sequence}`;
  for (const button of findAll("[data-copy], [data-quote]", say)) button.hidden = false;
}

function show(say, letter) {
  say.dataset.is = letter.is;
  if (letter.is === OPEN) return showOpen(say, letter);
  // Bytes of any other kind need not be a box, and nothing is said of them.
  const place = find("[data-lock]", say);
  if (say.dataset.box === "ours" && place) place.replaceChildren(closedWords(letter));
}

/** Who counts a letter; null where this device cannot tell, undefined where nobody does. */
function placeOf(say, letter) {
  if (!letter) return undefined;
  if (letter.is !== OPEN) return say.dataset.box === "ours" ? { sender: null } : undefined;
  if (letter.raw || letter.proof === "wrong") return undefined;
  return { sender: letter.own ? "own" : `${letter.token} ${letter.sender}`, n: letter.n };
}

/** Says where a letter is missing, comes twice or was moved. */
function showNumbers(talk, letters) {
  const all = findAll(".say", talk);
  const says = all.map((say) => [say, placeOf(say, letters.get(say.id))]).filter(([, place]) => place);
  const found = judged(says.map(([, place]) => place), find("#earlier") ? all[0].dataset.sequence - 1 : 0);
  says.forEach(([say], at) => {
    find(".numbers", say)?.remove();
    const words = wordsOf(found[at]);
    if (words) find(".bubble", say).append(element("p", { class: "numbers small wrong" }, words));
  });
}

/** Where others are sealed, what is not is told apart. */
function showPlain(talk) {
  for (const say of findAll(".say:not([data-box], [data-is])", talk)) {
    say.dataset.is = "plain";
    find(".bubble", say).append(element("p", { class: "proof small" }, sentence("plain")));
  }
}

const toldOf = (say, letter) =>
  ({ ...letter, sequence: Number(say.dataset.sequence), name: find(".by b", say.closest(".turn")).textContent });

/** Opens what there is, which it waits for, and what comes; `heard` is told of all letters that are open, by sequence. */
export async function openTalk(talk, opener, heard) {
  const where = find(".talkhead h1").textContent.trim();
  const letters = new Map();
  const open = async (says) => {
    await Promise.all(says.map(async (say) => {
      const letter = await opener.letter(say.dataset.message, where);
      letters.set(say.id, letter);
      show(say, letter);
    }));
    showNumbers(talk, letters);
    const told = findAll(".say", talk).map((say) => toldOf(say, letters.get(say.id))).filter(({ is, raw }) => is === OPEN && !raw);
    if (told.length > 0) showPlain(talk);
    await heard(told);
  };
  document.addEventListener("peerbox:grown", () => {
    if (letters.size === 0) return;
    showNumbers(talk, letters);
    if ([...letters.values()].some((letter) => letter.is === OPEN)) showPlain(talk);
  });
  await watch(talk, open);
}
