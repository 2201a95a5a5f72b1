// Enhances the holder's pages: fetches what may be sealed, opens it with the keys of this device, and keeps what it said.
import { Opened } from "../device/opened.mjs";
import { openSecret } from "../keys/link_secrets.mjs";
import { unlock } from "../keys/own_locks.mjs";
import { OwnKeys } from "../keys/own_keys.mjs";
import { base } from "../page.mjs";
import { NEWER, SEALED, TO_OWNER, unpack } from "../sealing/envelope.mjs";
import { bare, base64Of, bytesOfBase64 } from "../sealing/text.mjs";

/** What became of a message: it is open, there is no key here, no key fits, the server did not hand it out, or it is of a
    form that only a newer program knows. */
export const OPEN = "open";
export const CLOSED = "closed";
export const FAILED = "failed";
export const AWAY = "away";
export { NEWER };

/** Requests that are under way at once. */
const AT_ONCE = 4;

/** What copies for the holder are locked for. */
export const COPIES = "peerbox own copies 1";

/** Opens messages of an account. */
export class Opener {
  static async open() {
    const [keys, kept] = await Promise.all([OwnKeys.open(), Opened.open()]);
    return new Opener(keys, kept);
  }

  constructor(keys, kept) {
    Object.assign(this, { keys, kept, places: Array.from({ length: AT_ONCE }, () => Promise.resolve()), turn: 0 });
  }

  /**
   * A message, `channel.number`, as `{is, type, body, own, claimed, proof, n, sender, token, link, raw}`. `own` is what the
   * holder's pages sealed, of which the copy is the proof; `claimed` what only the server says is the holder's. `proof` is
   * "own", "proven", "wrong" or "none". `sender` is the public key to answer, in base64.
   * `where` says of what the page knows, so that a search can tell it.
   */
  async letter(message, where) {
    const known = await this.kept.text(message);
    if (known && !known.about.failedWith) return { is: OPEN, ...known.about, body: known.body };
    // Another key may have come since.
    if (known?.about.failedWith === this.keys.pairs.length) return { is: FAILED };
    if (this.keys.pairs.length === 0) return { is: CLOSED };
    const place = (this.turn = (this.turn + 1) % AT_ONCE);
    const opened = this.places[place].then(() => this.opened(message, where));
    this.places[place] = opened.catch(() => {});
    return opened.catch(() => ({ is: AWAY }));
  }

  async opened(message, where) {
    const [channel, number] = message.split(".");
    const answer = await fetch(`${base()}/m/${channel}/${number}/box`, { cache: "no-store" });
    if (!answer.ok || !answer.headers.get("content-type").startsWith("application/json")) return { is: AWAY };
    const found = await answer.json();
    const letter = found.copy ? await this.own(channel, found) : await this.theirs(channel, found);
    if (letter === null) {
      await this.kept.keepText(message, { failedWith: this.keys.pairs.length }, new Uint8Array(0));
      return { is: FAILED };
    }
    if (letter.proof === NEWER) return { is: NEWER };
    const { body, ...about } = letter;
    // What cannot be judged yet is judged again the next time.
    if (!letter.unjudged) await this.kept.keepText(message, { ...about, where, received: found.received }, body);
    return { is: OPEN, ...letter };
  }

  /** What the holder's pages sealed for somebody else: the copy for the holder. */
  async own(channel, { copy }) {
    const content = await unlock(bytesOfBase64(copy), this.keys.pairs, COPIES, channel);
    const letter = content && (await unpack(content, null));
    if (!letter || letter.proof === NEWER) return letter;
    const { type, body, n } = letter;
    return { type, body, n, own: true, claimed: false, proof: "own", sender: null, token: null, link: null, raw: false };
  }

  async theirs(channel, { type, box, token, link, own }) {
    const found = await this.keys.unseal(bytesOfBase64(box));
    if (!found) return null;
    const about = { own: false, claimed: own, token, link };
    const raw = { ...about, type, body: found.content, proof: "none", n: null, sender: null, raw: true };
    if (bare(type) !== SEALED) return raw;
    const secret = link && (await openSecret(link, this.keys.pairs, { channel, token }));
    const letter = await unpack(found.content, secret && { secret, channel, direction: TO_OWNER });
    if (!letter || letter.proof === NEWER) return letter;
    const sender = letter.replyTo && base64Of(letter.replyTo);
    const { body, n, proof } = letter;
    return { ...about, type: letter.type, body, n, proof, sender, raw: false, unjudged: Boolean(link && !secret) };
  }
}
