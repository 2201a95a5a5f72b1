// Enhances the holder's pages with the keys that this device has: they open messages, and no script can read them out.
import { done, openDatabase, storeOf } from "../device/database.mjs";
import { base } from "../page.mjs";
import { pairOf } from "../sealing/keys.mjs";
import { open } from "../sealing/sealed_box.mjs";
import { base64Of } from "../sealing/text.mjs";

/** All keys that this device has of one account. */
export class OwnKeys {
  /** The account that the page belongs to. Without a database the keys last as long as the page. */
  static async open() {
    const database = await openDatabase("peerbox keys", ["keys"]);
    const own = new OwnKeys(database, `${base()} ${document.body.dataset.account} `);
    if (database) {
      const names = IDBKeyRange.bound(own.prefix, `${own.prefix}\uffff`);
      own.pairs = await done(storeOf(database, "keys").getAll(names));
    }
    own.sort();
    return own;
  }

  constructor(database, prefix) {
    Object.assign(this, { database, prefix, pairs: [] });
  }

  sort() {
    this.pairs.sort((one, other) => other.since - one.since);
  }

  /** Whether keys stay when the page is left. */
  get isKept() {
    return this.database !== null;
  }

  /** The pair of a public key, or null. */
  pair(publicKey) {
    const name = base64Of(publicKey);
    return this.pairs.find((pair) => base64Of(pair.publicKey) === name) ?? null;
  }

  /**
   * Takes a secret key of 32 bytes in, which is zeroed: `{secretKey, publicKey, since}`, newest first among others.
   * `since` is when the key was made, in milliseconds, so that a key that comes from elsewhere finds its place.
   */
  async add(secret, since = Date.now()) {
    const pair = { ...(await pairOf(secret)), since };
    secret.fill(0);
    const had = this.pair(pair.publicKey);
    if (had) return had;
    if (this.database) {
      await done(storeOf(this.database, "keys", "readwrite").put(pair, this.prefix + base64Of(pair.publicKey)));
    }
    this.pairs.push(pair);
    this.sort();
    return pair;
  }

  /** Takes every key of the account from this device. */
  async forget() {
    this.pairs = [];
    if (!this.database) return;
    const names = IDBKeyRange.bound(this.prefix, `${this.prefix}\uffff`);
    await done(storeOf(this.database, "keys", "readwrite").delete(names));
  }

  /** What a box contains, `{content, pair}`, by the first key that opens it; null where none of them does. */
  async unseal(box) {
    for (const pair of this.pairs) {
      const content = await open(box, pair);
      if (content !== null) return { content, pair };
    }
    return null;
  }
}
