// Enhances a counterparty's page with messages as they are seen: days, turns of one side, and what could not be opened.
import { bubble, element } from "../letters/bubble.mjs";
import { find } from "../page.mjs";

const GROUP = 5 * 60 * 1000;

/** One of the page's own sentences. */
const sentence = (which) => find("#words").content.querySelector(`[data-is=${which}]`).cloneNode(true);

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
    const content = letter.type === null ? element("p", {}, sentence("closed")) : bubble(letter, message.sequence);
    const said = element("div", { class: "bubble" }, content);
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
