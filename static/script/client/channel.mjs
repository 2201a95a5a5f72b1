// One channel as others program with it: the calls, with sealing and listening.
import { sealFor } from "./boxes.mjs";
import { Calls } from "./calls.mjs";
import { listen } from "./listening.mjs";

function typeOf(body) {
  if (typeof body === "string") return "text/plain; charset=utf-8";
  return (body instanceof Blob && body.type) || "application/octet-stream";
}

/** How many boxes are kept for a second try. */
const KEPT = 8;

/** What one can do in a channel. */
export class Channel extends Calls {
  #boxes = new Map();

  /** Writes, sealed for the holder of the key `sealTo` where there is one. */
  async send(body, { type = typeOf(body), sealTo, idempotencyKey } = {}) {
    const content = sealTo === undefined ? body : await this.#sealed(body, sealTo, idempotencyKey);
    return this.write(content, { type, idempotencyKey });
  }

  /** The same box for the same body under the same key: sealed anew, it would be other bytes, which the server refuses. */
  #sealed(body, sealTo, key) {
    const kept = this.#boxes.get(key);
    if (kept?.body === body && kept.sealTo === sealTo) return kept.box;
    const box = sealFor(body, sealTo);
    if (key !== undefined) {
      this.#boxes.delete(key);
      this.#boxes.set(key, { body, sealTo, box });
      if (this.#boxes.size > KEPT) this.#boxes.delete(this.#boxes.keys().next().value);
    }
    return box;
  }

  /** For everybody, at once and for good. */
  async delete(sequence) {
    await this.call("DELETE", `/${sequence}`);
  }

  /** Has `onMessage` handle each message, one after the other: what is unread, or all `after` a number, and what comes. */
  listen(onMessage, options) {
    return listen(this, onMessage, options);
  }
}
