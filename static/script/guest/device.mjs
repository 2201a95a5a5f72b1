// Enhances a counterparty's page with what this device keeps: its pair of keys and what it wrote, all encrypted.
import { done, openDatabase, storeOf } from "../device/database.mjs";
import { newSecret, pairOf } from "../sealing/keys.mjs";
import { bytesOf, joined, textOf } from "../sealing/text.mjs";

const STORES = ["keys", "written"];

/** Changes what is kept of a channel in one transaction: the same page may be open twice. */
async function changed(kept, channel, change) {
  const keys = storeOf(kept, "keys", "readwrite");
  const next = change(await done(keys.get(channel)));
  await done(keys.put(next, channel));
  return next;
}

/** What is kept of one channel. Where a browser keeps nothing, as in private windows, it lasts as long as the page. */
export class Device {
  constructor(channel, kept, own) {
    this.channel = channel;
    this.kept = kept;
    Object.assign(this, own);
  }

  static async open(channel) {
    const kept = await openDatabase("peerbox guest", STORES);
    let own = kept && (await done(storeOf(kept, "keys").get(channel)));
    if (!own) {
      const pair = await pairOf(newSecret());
      const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      const made = { pair, key, count: 0 };
      own = kept ? await changed(kept, channel, (found) => found ?? made) : made;
    }
    return new Device(channel, kept, own);
  }

  /** Changes what is kept beside the pair of keys. */
  async change(change) {
    const { pair, key, count, verified } = this;
    const next = (found) => change({ pair, key, count, verified, ...found });
    Object.assign(this, this.kept ? await changed(this.kept, this.channel, next) : next());
  }

  /** The number of the next message that is written here, which the other side counts. */
  async nextNumber() {
    await this.change((own) => ({ ...own, count: own.count + 1 }));
    return this.count;
  }

  /** Has the next message take a number that was not used, unless another page has gone on. */
  giveBack(n) {
    return this.change((own) => ({ ...own, count: own.count === n ? n - 1 : own.count }));
  }

  /** Forgets all of it: the keys, what was written here, and the draft. */
  async forget() {
    if (!this.kept) return;
    await done(storeOf(this.kept, "keys", "readwrite").delete(this.channel));
    const names = IDBKeyRange.bound(`${this.channel} `, `${this.channel} \uffff`);
    await done(storeOf(this.kept, "written", "readwrite").delete(names));
  }

  /** Remembers the fingerprint that somebody compared; null for none. */
  verify(fingerprint) {
    return this.change((own) => ({ ...own, verified: fingerprint }));
  }

  /**
   * Keeps what was written as a number, or the draft under the name "draft": a sealed message cannot be opened by whoever
   * wrote it.
   */
  async keep(name, { type, body }) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const clear = joined(bytesOf(`${type}\n`), body);
    const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, clear);
    const at = Date.now();
    this.remember(name, { iv, box, at });
    if (this.kept) {
      // It was sent, also where the browser has no room for it: then this page alone remembers it.
      const kept = storeOf(this.kept, "written", "readwrite").put({ iv, box, at }, `${this.channel} ${name}`);
      await done(kept).catch(() => {});
    }
  }

  remember(name, one) {
    this.written ??= new Map();
    this.written.set(name, one);
  }

  /** What was written here as a number, or the draft: `{type, body, at}`, or null. */
  async wrote(name) {
    const kept = this.kept && (await done(storeOf(this.kept, "written").get(`${this.channel} ${name}`)));
    const found = kept ?? this.written?.get(name);
    if (!found) return null;
    const clear = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: found.iv }, this.key, found.box));
    const end = clear.indexOf(0x0a);
    return { type: textOf(clear.subarray(0, end)), body: clear.slice(end + 1), at: found.at };
  }
}
