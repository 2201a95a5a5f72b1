// Enhances a counterparty's page with messages as they are seen: text, pictures, files, and what could not be opened.
import { find } from "../page.mjs";
import { textOf } from "../sealing/text.mjs";
import { pieces } from "./links.mjs";

/** Pictures that browsers show without running anything. */
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const GROUP = 5 * 60 * 1000;

/** An element with attributes and content, none of which is read as markup. */
export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** One of the page's own sentences. */
const sentence = (which) => find("#words").content.querySelector(`[data-is=${which}]`).cloneNode(true);

const bare = (type) => type.split(";")[0].trim().toLowerCase();

const ELSEWHERE = { rel: "noreferrer noopener", target: "_blank", dir: "ltr" };
const link = (address) => element("a", { ...ELSEWHERE, href: address }, address);
const linked = (text) => pieces(text).map((piece) => (piece.isLink ? link(piece.text) : piece.text));

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The name that a content type carries, without what would lead somewhere else. */
function nameOf(type, sequence) {
  const given = /;\s*name="?([^";]+)"?/i.exec(type)?.[1] ?? "";
  return given.replace(/[\/\\\p{C}]/gu, "_").slice(0, 100) || `message-${sequence ?? "new"}`;
}

function file({ type, body }, sequence) {
  const name = nameOf(type, sequence);
  // Whatever it says that it is, nothing of it runs: it is saved, never opened here.
  const address = URL.createObjectURL(new Blob([body], { type: "application/octet-stream" }));
  const what = element("span", {}, element("b", { dir: "auto" }, name));
  what.append(element("span", { class: "small muted" }, element("bdi", {}, bare(type)), `, ${size(body.length)}`));
  const save = element("a", { class: "btn tiny", href: address, download: name }, "Save");
  return element("p", { class: "filerow" }, what, save);
}

function picture({ type, body }, sequence) {
  const address = URL.createObjectURL(new Blob([body], { type: bare(type) }));
  const words = `The picture in message ${sequence ?? "that is being sent"}`;
  const image = element("img", { src: address, alt: words });
  return element("a", { class: "shot", href: address, download: nameOf(type, sequence) }, image);
}

/** The content of a message's bubble. */
export function bubble(letter, sequence) {
  if (letter.type === null) return element("p", {}, sentence("closed"));
  if (PICTURES.includes(bare(letter.type))) return picture(letter, sequence);
  const text = /^(text\/plain|application\/json)$/.test(bare(letter.type)) ? textOf(letter.body) : null;
  return text === null ? file(letter, sequence) : element("div", { class: "text", dir: "auto" }, ...linked(text));
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const hour = (date) => clock.format(date);

/** Adds messages to the talk, in their order: a heading for each day, a line for each turn of one side. */
export class Talk {
  constructor(place, holder, isSealed) {
    Object.assign(this, { place, holder, isSealed });
  }

  clear() {
    this.place.replaceChildren();
    this.day = this.own = undefined;
  }

  add(message, letter) {
    const at = new Date(message.received);
    const title = day.format(at);
    if (title !== this.day) this.place.append(element("h2", { class: "day" }, title));
    const goesOn = this.own === letter.own && at - this.at < GROUP && title === this.day;
    [this.day, this.own, this.at] = [title, letter.own, at];
    if (!goesOn) this.turn = this.begin(letter.own, at);
    const said = element("div", { class: "bubble" }, bubble(letter, message.sequence));
    if (letter.proof === "wrong") said.append(sentence("wrong"));
    // Above it says that nobody reads along.
    if (letter.proof === "open" && this.isSealed) said.append(sentence("open"));
    const words = `Message ${message.sequence} from ${letter.own ? "you" : this.holder}`;
    this.turn.append(element("article", { class: "say", id: `s${message.sequence}`, "aria-label": words }, said));
  }

  begin(own, at) {
    const time = element("time", { datetime: at.toISOString() }, hour(at));
    const by = element("p", { class: "by" }, element("b", { dir: "auto" }, own ? "You" : this.holder), time);
    const says = element("div", { class: "says" }, by);
    this.place.append(element("section", { class: own ? "turn own" : "turn" }, says));
    return says;
  }
}
