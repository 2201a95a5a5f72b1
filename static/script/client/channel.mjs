// One channel as others program with it: the calls, with sealing and listening.
import { sealFor } from "./boxes.mjs";
import { Calls } from "./calls.mjs";
import { listen } from "./listening.mjs";

function typeOf(body) {
  if (typeof body === "string") return "text/plain; charset=utf-8";
  return (body instanceof Blob && body.type) || "application/octet-stream";
}

/** What one can do in a channel. */
export class Channel extends Calls {
  /** Writes, sealed for the holder of the key `sealTo` where there is one. */
  async send(body, { type = typeOf(body), sealTo, idempotencyKey } = {}) {
    const content = sealTo === undefined ? body : await sealFor(body, sealTo);
    return this.write(content, { type, idempotencyKey });
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
