// Enhances the place to write of the holder's pages: remembers whose key answers are sealed for, here and on the server.
import { isNotedSealed, sealedOf } from "../device/noted.mjs";
import { openSecret, wrapSecret } from "../keys/link_secrets.mjs";
import { store } from "../leaving.mjs";
import { find } from "../page.mjs";
import { bytesOf, textOf } from "../sealing/text.mjs";
import { after, isNews, later, others } from "./whom.mjs";

/** In the place of a token: the server keeps it wrapped as it keeps the secrets of links. */
const linkOf = (channel) => ({ channel, token: "reply" });

/** Whom the answers in a channel are for. `place` has what the server kept, and where it takes another one. */
export class Reply {
  static async open(place, channel, opener) {
    const reply = new Reply(place, channel, opener);
    const here = await opener.kept.note(`reply ${channel}`);
    const wrapped = place.dataset.reply;
    const kept = wrapped && (await openSecret(wrapped, opener.keys.pairs, linkOf(channel)));
    reply.whom = later(here, kept ? JSON.parse(textOf(kept)) : null);
    // What the server says, what this device noted, and what stands here: one of them is enough.
    reply.isSealed = Boolean(wrapped || here || isNotedSealed(channel) || find('#talk [data-box="ours"]'));
    return reply;
  }

  constructor(place, channel, opener) {
    Object.assign(this, { place, channel, opener, whom: null, choices: [] });
  }

  /** Takes in what letters say. */
  async hear(letters) {
    this.choices = others(this.whom, letters);
    await this.become(after(this.whom, letters));
  }

  /** The same key, with something that the holder thinks of it. */
  think(thoughts) {
    return this.become({ ...this.whom, ...thoughts });
  }

  async become(whom) {
    if (whom === this.whom || !whom) return;
    const isTold = this.whom && !isNews(this.whom, whom);
    this.whom = whom;
    this.isSealed = true;
    await this.opener.kept.keepNote(`reply ${this.channel}`, whom);
    store(localStorage, sealedOf(this.channel), "yes");
    if (!isTold) await this.tell();
  }

  /** The server keeps it for the holder's other devices, which alone can open it. */
  async tell() {
    const [pair] = this.opener.keys.pairs;
    if (!pair) return;
    const reply = await wrapSecret(bytesOf(JSON.stringify(this.whom)), pair, linkOf(this.channel));
    const body = new URLSearchParams({ csrf: find("input[name=csrf]").value, reply });
    // Without an answer it is told the next time that something changes.
    await fetch(this.place.dataset.at, { method: "POST", body }).catch(() => {});
  }
}
