// Enhances a counterparty's page with messages as they are seen: days, turns of one side, and what could not be opened.
import { element, filled } from "../letters/bubble.mjs";
import { find } from "../page.mjs";
import { NEWER } from "../sealing/envelope.mjs";

const GROUP = 5 * 60 * 1000;

/** One of the page's own sentences. */
const sentence = (which) => find("#words").content.querySelector(`[data-is=${which}]`).cloneNode(true);

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** What is below comes into sight, above the composer. */
export const toEnd = () => scrollTo(0, document.documentElement.scrollHeight);

export const hour = (date) => clock.format(date);

/** Adds messages to the talk, in their order: a heading for each day, a line for each turn of one side, and under the newest
    of this device's that it was sent. */
export class Talk {
  constructor(place, holder, { isSealed, isProven }) {
    Object.assign(this, { place, holder, isSealed, isProven });
  }

  clear() {
    this.place.replaceChildren();
    this.day = this.by = this.wasOpen = undefined;
  }

  /** Whose name a letter stands under. Where letters are proven, the holder's is on none with words that are not; who wrote what
      cannot be read here, the server may say. What came over this link is never under the holder's name. */
  nameOf({ own, author, type, proof }) {
    if (own) return "You";
    if (proof === "proven") return this.holder;
    if (author === "other") return "Somebody else";
    if (author === "own") return type === null || !this.isSealed ? "You" : "Somebody with your link";
    return type !== null && this.isProven ? "Somebody" : this.holder;
  }

  /** `numbers` is what is to be said of its number; empty for nothing. */
  add(message, letter, numbers = "") {
    const at = new Date(message.received);
    const title = day.format(at);
    if (title !== this.day) this.place.append(element("h2", { class: "day" }, title));
    const by = this.nameOf(letter);
    const isSame = this.by === by;
    const goesOn = isSame && at - this.at < GROUP && title === this.day;
    [this.day, this.by, this.at] = [title, by, at];
    if (!goesOn) this.turn = this.begin(by, at);
    const why = letter.proof === NEWER ? NEWER : `closed-${letter.author}`;
    const content = letter.type === null ? [element("p", { class: "muted" }, sentence(why))] : filled(letter, message.sequence);
    const said = element("div", { class: "bubble" }, ...content);
    if (letter.proof === "wrong") said.append(sentence("wrong"));
    if (letter.proof === "none" && letter.type !== null && !letter.own) said.append(sentence("unproven"));
    // Above it says that nobody reads along. Once is enough for several of one side.
    const isOpen = letter.proof === "open" && this.isSealed;
    if (isOpen && !(isSame && this.wasOpen)) said.append(sentence("open"));
    this.wasOpen = isOpen;
    if (numbers) said.append(element("p", { class: "small wrong" }, numbers));
    const words = `Message ${message.sequence} from ${by === "You" ? "you" : by}`;
    this.turn.append(element("article", { class: "say", id: `s${message.sequence}`, "aria-label": words }, said));
    if (letter.own) this.tellSent(at);
  }

  tellSent(at) {
    this.sent ??= element("p", { class: "state small" });
    this.sent.replaceChildren(`Sent ${hour(at)}`);
    this.turn.append(this.sent);
  }

  begin(name, at) {
    const time = element("time", { datetime: at.toISOString() }, hour(at));
    const by = element("p", { class: "by" }, element("b", { dir: "auto" }, name), time);
    const says = element("div", { class: "says" }, by);
    this.place.append(element("section", { class: name === "You" ? "turn own" : "turn" }, says));
    return says;
  }
}
