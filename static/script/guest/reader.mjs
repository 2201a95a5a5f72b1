// Enhances a counterparty's page with reading: the newest first, what was before on request, what comes by itself.
import { find } from "../page.mjs";
import { judged, wordsOf } from "../sealing/numbers.mjs";
import { incoming } from "./letters.mjs";
import { toEnd } from "./show.mjs";

/** Messages that are asked for at once, and what one look back comes to: numbers, and bytes of content. */
const STEP = 10;
const LOOK = 100;
const CONTENT = 3 * 1024 * 1024;

/** Who counts a letter: only the holder proves to be one. What does not open here may be any of the holder's that is missing,
    unless somebody else wrote it. */
function placeOf({ own, author, type, proof, n }) {
  if (own || (type === null && ["own", "other"].includes(author))) return { sender: "others", n: null };
  return type === null ? { sender: null } : { sender: "holder", n: proof === "wrong" ? null : n };
}

/** Brings messages in, in order and one work after the other. Those up to `since` are hidden from this link. */
export class Reader {
  constructor(channel, talk, { since, ...opening }, { said, sending }) {
    Object.assign(this, { channel, talk, since, opening, said, sending });
    Object.assign(this, { shown: [], first: since, last: since, marked: 0, running: Promise.resolve() });
  }

  async begin() {
    find("#earlier button").addEventListener("click", () => this.inTurn(() => this.back()));
    await this.inTurn(async () => {
      this.first = this.last = Math.max(this.since, await this.channel.head());
      await this.back();
      await this.bring();
    });
  }

  inTurn(work) {
    this.running = this.running.then(work).catch((error) => this.said(error));
    return this.running;
  }

  /** Brings what was written since; answers up to which number all is shown. */
  async catchUp() {
    await this.inTurn(() => this.bring());
    return this.last;
  }

  /** Messages behind a number, with which side wrote each. */
  ask(after) {
    return this.channel.read({ after, limit: STEP, authors: true });
  }

  async open(message) {
    return { message, letter: await incoming(message, this.opening) };
  }

  /** Shows what was written before, from the newest back, until it is enough at once. */
  async back() {
    const before = this.first;
    for (let content = 0; this.first > this.since && before - this.first < LOOK && content < CONTENT;) {
      const after = Math.max(this.since, this.first - STEP);
      const asked = await this.ask(after);
      const messages = asked.filter(({ sequence }) => sequence <= this.first);
      this.shown.unshift(...(await Promise.all(messages.map((message) => this.open(message)))));
      content += messages.reduce((sum, { body }) => sum + body.length, 0);
      this.first = after;
    }
    find("#earlier").hidden = this.first === this.since;
    find("#hidden").hidden = this.since === 0 || this.first > this.since;
    this.talk.clear();
    this.show(0);
  }

  /** Shows what was written since. */
  async bring() {
    const from = this.shown.length;
    for (let more = true; more;) {
      const messages = await this.ask(this.last);
      more = messages.length === STEP;
      for (const message of messages) {
        const one = await this.open(message);
        // Perhaps written here a moment ago, and its copy is not kept yet: it is brought when it is.
        if (one.letter.type === null && this.sending()) {
          more = false;
          break;
        }
        this.shown.push(one);
        this.last = message.sequence;
      }
    }
    this.show(from);
    if (this.shown.length > from) toEnd();
    this.said(null);
    await this.seen();
  }

  /** Adds what is shown from this one on, with what its numbers say. */
  show(from) {
    const found = judged(this.shown.map(({ letter }) => placeOf(letter)), this.first);
    this.shown.slice(from).forEach(({ message, letter }, at) => this.talk.add(message, letter, wordsOf(found[from + at])));
  }

  /** How many messages of others came behind this number. */
  foreignAfter(number) {
    return this.shown.filter(({ message, letter }) => message.sequence > number && letter.author !== "own").length;
  }

  /** Marks as read what somebody had before the eyes. */
  async seen() {
    const last = this.shown.at(-1)?.message.sequence ?? 0;
    if (last > this.marked && document.visibilityState === "visible" && this.opening.token !== null) {
      await this.channel.mark(last, { older: true });
      this.marked = last;
    }
  }
}
