// Enhances the holder's pages with what this device has opened: kept encrypted, bounded, and gone with signing out.
import { openedOf } from "../leaving.mjs";
import { bytesOf, joined, textOf } from "../sealing/text.mjs";
import { done, openDatabase, storeOf } from "./database.mjs";

/** When there is more, the oldest go until this is left. */
export const MOST_BYTES = 16 * 1024 * 1024;
const LEFT_BYTES = 12 * 1024 * 1024;

/** A larger one is opened anew each time. */
const LARGEST = 256 * 1024;

/** What an entry takes beside its bytes. */
const BESIDE = 200;

/** The oldest of `[name, size, at]` that have to go so that `left` bytes remain. */
export function oldest(entries, left) {
  let bytes = entries.reduce((sum, [, size]) => sum + size, 0);
  const gone = [];
  for (const [name, size] of entries.toSorted((one, other) => one[2] - other[2])) {
    if (bytes <= left) break;
    bytes -= size;
    gone.push(name);
  }
  return gone;
}

/** What one account's pages keep on this device. Where a browser keeps nothing, nothing is kept. */
export class Opened {
  static async open() {
    if (!globalThis.crypto?.subtle) return new Opened(null, null);
    const database = await openDatabase(openedOf(document.body.dataset.account), ["key", "texts", "notes"]);
    if (!database) return new Opened(null, null);
    // Signing out in another page deletes it.
    database.onversionchange = () => database.close();
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const keys = storeOf(database, "key", "readwrite");
    const key = (await done(keys.get("key"))) ?? made;
    if (key === made) await done(keys.put(key, "key"));
    return new Opened(database, key);
  }

  constructor(database, key) {
    Object.assign(this, { database, key });
  }

  cipher(iv, name) {
    return { name: "AES-GCM", iv, additionalData: bytesOf(name) };
  }

  /** `about`, which becomes JSON, and bytes, encrypted. */
  async encrypted(name, about, body) {
    const clear = joined(bytesOf(`${JSON.stringify(about)}\n`), body);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, box: await crypto.subtle.encrypt(this.cipher(iv, name), this.key, clear), at: Date.now() };
  }

  async decrypted(name, kept) {
    const clear = kept && (await crypto.subtle.decrypt(this.cipher(kept.iv, name), this.key, kept.box).catch(() => null));
    if (!clear) return null;
    const bytes = new Uint8Array(clear);
    const end = bytes.indexOf(0x0a);
    return { about: JSON.parse(textOf(bytes.subarray(0, end))), body: bytes.slice(end + 1) };
  }

  /** Asks a store; null where there is none, or where it was deleted meanwhile. */
  async ask(store, mode, question) {
    try {
      return this.database ? await done(question(storeOf(this.database, store, mode))) : null;
    } catch {
      return null;
    }
  }

  /** What was opened as `name`: `{about, body}`, or null. */
  async text(name) {
    return this.decrypted(name, await this.ask("texts", "readonly", (texts) => texts.get(name)));
  }

  /** The names of all that was opened. */
  async names() {
    return (await this.ask("texts", "readonly", (texts) => texts.getAllKeys())) ?? [];
  }

  /** Keeps what was opened. */
  async keepText(name, about, body) {
    if (!this.database || body.length > LARGEST) return;
    const kept = await this.encrypted(name, about, body);
    await this.ask("texts", "readwrite", (texts) => texts.put(kept, name));
    this.size = (this.size ?? (await this.sizes()).reduce((sum, [, size]) => sum + size, 0)) + kept.box.byteLength + BESIDE;
    if (this.size <= MOST_BYTES) return;
    const entries = await this.sizes();
    this.size = undefined;
    for (const gone of oldest(entries, LEFT_BYTES)) await this.forgetText(gone);
  }

  async forgetText(name) {
    await this.ask("texts", "readwrite", (texts) => texts.delete(name));
  }

  /** Name, size and time of all that was opened. */
  async sizes() {
    const found = [];
    for (const name of await this.names()) {
      const kept = await this.ask("texts", "readonly", (texts) => texts.get(name));
      if (kept) found.push([name, kept.box.byteLength + BESIDE, kept.at]);
    }
    return found;
  }

  /** Something small that was noted as `name`, or null. */
  async note(name) {
    return (await this.decrypted(name, await this.ask("notes", "readonly", (notes) => notes.get(name))))?.about ?? null;
  }

  /** Notes it; null forgets it. */
  async keepNote(name, about) {
    if (!this.database) return;
    const kept = about === null ? null : await this.encrypted(name, about, new Uint8Array(0));
    await this.ask("notes", "readwrite", (notes) => (kept ? notes.put(kept, name) : notes.delete(name)));
  }
}
