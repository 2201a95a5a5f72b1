// Enhances sending from the holder's pages: makes letters of what is sent, and keeps them here until they have arrived.
import { openSecret } from "../keys/link_secrets.mjs";
import { lock, unlock } from "../keys/own_locks.mjs";
import { typeOf } from "../letters/types.mjs";
import { FROM_OWNER, pack, SEALED, unpack } from "../sealing/envelope.mjs";
import { seal } from "../sealing/sealed_box.mjs";
import { base64Of, bytesOf, bytesOfBase64, textOf } from "../sealing/text.mjs";
import { COPIES } from "./opening.mjs";

const KINDS = { json: "application/json", text: "text/plain; charset=utf-8" };

/** Seals for one channel. `last` is the number of the last letter that the server knows of. */
export class Sealer {
  constructor(channel, opener, reply, last) {
    Object.assign(this, { channel, opener, reply, last });
  }

  /** The number of the next letter: higher than any that this device or the server knows of. */
  async next(used) {
    const here = (await this.opener.kept.note(`count ${this.channel}`)) ?? 0;
    return Math.max(this.last, here, used) + 1;
  }

  /**
   * Makes a letter of an item, `{text, kind}` or `{file}`: `{type, n, box, copy}`. A number that another page `used` since
   * is passed over. A file is given by its bytes, the same ones when it is sealed again.
   */
  async pack(item, used = 0) {
    const { whom, opener: { keys: { pairs } } } = this.reply;
    const body = item.file ? new Uint8Array(await item.file.arrayBuffer()) : bytesOf(item.text.toWellFormed());
    const type = item.file ? typeOf(item.file) : KINDS[item.kind] ?? KINDS.text;
    // Nobody counts what goes out raw, neither in the box nor in the copy.
    const n = whom.raw ? null : await this.next(used);
    const letter = { body, type, n, at: new Date().toISOString(), replyTo: pairs[0].publicKey };
    const { token, link } = whom;
    const secret = link && (await openSecret(link, pairs, { channel: this.channel, token }));
    if (link && !secret) throw new Error("This device has not the key that the secret of this link is kept under.");
    const content = await pack(letter, secret && { secret, channel: this.channel, direction: FROM_OWNER });
    const box = await seal(whom.raw ? body : content, bytesOfBase64(whom.key));
    const copy = await lock(content, pairs[0], COPIES, this.channel);
    item.letter = { type: whom.raw ? type : SEALED, n: n === null ? "" : String(n), box, copy };
    if (item.text) await this.keep(item);
  }

  /** It has arrived: its number is used up. */
  async arrived(item) {
    this.last = Math.max(this.last, Number(item.letter.n));
    await this.opener.kept.keepNote(`count ${this.channel}`, this.last);
    await this.forget(item);
  }

  /** It has arrived, or is given up. */
  async forget({ key }) {
    const name = `waiting ${this.channel}`;
    const left = ((await this.opener.kept.note(name)) ?? []).filter((one) => one.key !== key);
    await this.opener.kept.keepNote(name, left.length ? left : null);
  }

  async keep({ key, since, letter: { type, n, box, copy } }) {
    const name = `waiting ${this.channel}`;
    const others = ((await this.opener.kept.note(name)) ?? []).filter((one) => one.key !== key);
    const kept = { key, since, type, n, box: base64Of(box), copy: base64Of(copy) };
    await this.opener.kept.keepNote(name, [...others, kept]);
  }

  /** Texts that were on their way when the page was left, with what they say. */
  async waiting() {
    const kept = (await this.opener.kept.note(`waiting ${this.channel}`)) ?? [];
    const items = await Promise.all(kept.map(async ({ key, since, type, n, box, copy }) => {
      const letter = { type, n, box: bytesOfBase64(box), copy: bytesOfBase64(copy) };
      const content = await unlock(letter.copy, this.opener.keys.pairs, COPIES, this.channel);
      const said = content && (await unpack(content, null));
      return said && { key, since, letter, text: textOf(said.body), kind: said.type === KINDS.json ? "json" : "text" };
    }));
    return items.filter(Boolean);
  }
}
