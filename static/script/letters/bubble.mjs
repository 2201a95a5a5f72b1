// Enhances pages with what was inside a sealed message: text with its links, pictures, files that are saved.
import { bare, textOf } from "../sealing/text.mjs";
import { sizeWords } from "./sizes.mjs";
import { pieces } from "./links.mjs";
import { givenName, nameOf } from "./names.mjs";

/** Pictures that browsers show without running anything. */
export const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** Characters of a text that are shown at once, and that a page carries at all. */
const SHOWN = 1500;
const CARRIED = 32 * 1024;

/** An element with attributes and content, none of which is read as markup. */
export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

const ELSEWHERE = { rel: "noreferrer noopener", target: "_blank", dir: "ltr" };
const link = (address) => element("a", { ...ELSEWHERE, href: address }, address);
const linked = (text) => pieces(text).map((piece) => (piece.isLink ? link(piece.text) : piece.text));

/** Whatever it says that it is, nothing of it runs: it is saved, never opened here. */
function saving({ type, body }, sequence) {
  const address = URL.createObjectURL(new Blob([body], { type: "application/octet-stream" }));
  return element("a", { class: "btn tiny", href: address, download: nameOf(type, sequence) }, "Save");
}

function file(letter, sequence) {
  const { type, body } = letter;
  const name = nameOf(type, sequence);
  const what = element("span", {}, element("b", { dir: "auto" }, name));
  what.append(element("span", { class: "small muted" }, element("bdi", {}, bare(type)), `, ${sizeWords(body.length)}`));
  return element("p", { class: "filerow" }, what, saving(letter, sequence));
}

function picture({ type, body }, sequence) {
  const address = URL.createObjectURL(new Blob([body], { type: bare(type) }));
  const words = `The picture in message ${sequence ?? "that is being sent"}`;
  const image = element("img", { src: address, alt: words });
  return element("a", { class: "shot", href: address, download: nameOf(type, sequence) }, image);
}

/** Where a text is cut: between words where there are any, and never within a character. */
function cutOf(text) {
  const space = text.slice(0, SHOWN).search(/\s\S*$/);
  if (space > SHOWN / 2) return space;
  return /[\ud800-\udbff]/.test(text[SHOWN - 1]) ? SHOWN - 1 : SHOWN;
}

/** A text, the rest of a long one folded away. The longest are saved: made to be slow, they would stop the browser. */
function prose(text, letter, sequence) {
  const at = text.length > SHOWN ? cutOf(text) : text.length;
  const made = element("div", { class: "text", dir: "auto" }, ...linked(text.slice(0, at)));
  if (text.length > CARRIED) return element("div", {}, made, file(letter, sequence));
  if (at < text.length) {
    const all = element("summary", {}, `Show all ${text.length.toLocaleString("en")} characters`);
    made.append(element("details", { class: "folded" }, all, ...linked(text.slice(at))));
  }
  return made;
}

/** What a letter, `{type, body}`, is to look at. */
export function bubble(letter, sequence) {
  if (PICTURES.includes(bare(letter.type))) return picture(letter, sequence);
  const text = /^(text\/plain|application\/json)$/.test(bare(letter.type)) ? textOf(letter.body) : null;
  return text === null ? file(letter, sequence) : prose(text, letter, sequence);
}

/** The same with the name above it, where it is a file that is shown: to be put into a bubble. */
export function filled(letter, sequence) {
  const [content, name] = [bubble(letter, sequence), givenName(letter.type)];
  if (!name || content.matches(".filerow")) return [content];
  return [element("p", { class: "filename small muted" }, element("bdi", {}, name), saving(letter, sequence)), content];
}
