// Enhances the page of a counterparty: whoever has a link writes, reads the answers, and comes back.
import { base, find, findAll } from "../page.mjs";
import { areSupported } from "../sealing/keys.mjs";
import { partsOf } from "../sealing/link.mjs";
import { Channel } from "./channel.mjs";
import { Device } from "./device.mjs";
import { incoming, judge, OTHER_KEY, outgoing, PLAIN } from "./letters.mjs";
import { follow } from "./live.mjs";
import { Composer } from "./send.mjs";
import { Talk } from "./show.mjs";

/** Messages that are got at once, from the newest back. */
const PAGE = 100;

/** Seconds between two looks at a channel that is read without a token. */
const LOOK_EVERY = 30;

/** Shows one of the page's sentences, and no other of its group. */
function say(group, which) {
  for (const one of findAll(`[data-say="${group}"]`)) one.hidden = one.dataset.is !== which;
}

/** What a refusal of a message means here. */
function wordsOf(error) {
  const is = { 401: "revoked", 403: "locked", 409: "unread", 413: "large", 507: "full" }[error.status] ?? "failed";
  return find("#words").content.querySelector(`[data-is=${is}]`).textContent;
}

/** Brings in what is new, in order and one after the other. */
class Reader {
  constructor(channel, talk, opening) {
    Object.assign(this, { channel, talk, opening, last: 0, running: Promise.resolve() });
  }

  async begin() {
    const earlier = find("#earlier");
    find("button", earlier).addEventListener("click", () => this.from(this.first - 5 * PAGE));
    await this.from((await this.channel.head()) - PAGE);
  }

  /** Shows what was written after a number, anew. */
  async from(after) {
    this.running = this.running.then(() => {
      this.talk.clear();
      this.first = this.last = Math.max(0, after);
      find("#earlier").hidden = this.first === 0;
    });
    await this.catchUp();
  }

  catchUp() {
    this.running = this.running.then(() => this.bring()).catch(() => say("state", "offline"));
    return this.running;
  }

  async bring() {
    for (;;) {
      const messages = await this.channel.messages(this.last, PAGE);
      for (const message of messages) {
        this.talk.add(message, await incoming(message, this.opening));
        this.last = message.sequence;
      }
      if (messages.length > 0) this.talk.place.lastElementChild.scrollIntoView({ block: "end" });
      if (messages.length < PAGE) break;
    }
    say("state", "ready");
    await this.seen();
  }

  /** Marks as read what somebody had before the eyes. */
  async seen() {
    if (this.last > (this.marked ?? 0) && document.visibilityState === "visible" && this.opening.token !== null) {
      await this.channel.mark(this.last);
      this.marked = this.last;
    }
  }
}

function whatMayBeDone({ locked, can_read: read, can_write: write }) {
  if (locked) return "locked";
  if (!write) return "only-read";
  return read ? "" : "only-write";
}

async function start() {
  const id = location.pathname.split("/").pop();
  const parts = partsOf(location.hash) ?? { token: null, fingerprint: null, secret: null };
  const channel = new Channel(base(), id, parts.token);
  let reception;
  try {
    reception = await channel.reception();
  } catch (error) {
    const isRefused = [401, 403].includes(error.status);
    return say("state", isRefused ? (parts.token === null ? "incomplete" : "refused") : "offline");
  }
  const holder = reception.name || find("#holder").textContent;
  find("#holder").textContent = holder;
  document.title = holder;
  if (reception.greeting) find("#greeting").textContent = reception.greeting;
  find("#greeting").hidden = !reception.greeting;

  const supported = await areSupported();
  const { way, key } = await judge(parts.fingerprint, reception.key, reception.older_keys);
  say("seal", way === PLAIN || way === OTHER_KEY || supported ? way : "unsupported");
  const device = supported ? await Device.open(id) : null;
  const link = { secret: parts.secret, channel: id };
  const talk = new Talk(find("#talk"), holder, way !== PLAIN);
  const reader = new Reader(channel, talk, { device, link, token: parts.token });

  const mayWrite = reception.can_write && !reception.locked && way !== OTHER_KEY && (way === PLAIN || supported);
  say("write", whatMayBeDone(reception));
  find("#composer").hidden = !mayWrite;
  const composer = new Composer(find("#composer"), find("#outbox"), `peerbox guest ${id}`, {
    channel,
    pack: (letter) => outgoing(letter, { key, device, link }),
    sent: async (stored, letter) => {
      await device?.keep(stored.sequence, letter);
      if (reception.can_read) return reader.catchUp();
      reader.talk.add(stored, { ...letter, own: true, proof: "none" });
    },
    refused: (error) => {
      // The messages that stand in the way are before the eyes now.
      if (error.status === 409) reader.catchUp();
      return wordsOf(error);
    },
  });
  addEventListener("beforeunload", (event) => composer.waits && event.preventDefault());

  if (!reception.can_read) return say("state", "ready");
  await reader.begin().catch(() => say("state", "offline"));
  document.addEventListener("visibilitychange", () => reader.seen().catch(() => {}));
  if (parts.token === null) return setInterval(() => reader.catchUp(), LOOK_EVERY * 1000);
  await follow(channel, () => reader.catchUp(), () => say("state", "refused"));
}

addEventListener("hashchange", () => location.reload());
start();
