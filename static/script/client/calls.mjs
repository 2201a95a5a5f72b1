// The calls of one channel, as any browser makes them with an address and a token.
import { bytesOfBase64 } from "../sealing/text.mjs";

/** The server refused: `status` says how, the message why, `wait` how many seconds to wait. */
export class Refused extends Error {
  constructor(status, words, wait = 0) {
    super(words || `refused with ${status}`);
    this.name = "Refused";
    Object.assign(this, { status, wait });
  }

  static async of(answer) {
    const problem = await answer.json().catch(() => null);
    return new Refused(problem?.status ?? answer.status, problem?.title, Number(answer.headers.get("retry-after")) || 0);
  }
}

/** A message of the API. A damaged one has an empty body. */
function messageOf({ sequence, received, content_type: type, payload, author, damaged = false }) {
  const body = bytesOfBase64(payload) ?? new Uint8Array(0);
  return { sequence, received: new Date(received), type, body, author, damaged };
}

/** The calls of one channel. No token, no header: the channel is then one that is open to everybody. */
export class Calls {
  constructor(address, token = null) {
    this.address = address.replace(/\/+$/, "");
    this.anonymous = token === null;
    this.headers = this.anonymous ? {} : { authorization: `Bearer ${token}` };
  }

  /** Any call below the channel's address; what is refused is thrown. */
  async call(method, rest = "", { headers = {}, ...options } = {}) {
    const answer = await fetch(this.address + rest, {
      method,
      headers: { ...this.headers, ...headers },
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      ...options,
    });
    if (!answer.ok) throw await Refused.of(answer);
    return answer;
  }

  /** Who is at the other end, with which key, and what may be done here. */
  async about() {
    return (await this.call("GET", "/key")).json();
  }

  /** The highest number that others wrote. */
  async head() {
    return Number((await this.call("HEAD")).headers.get("etag"));
  }

  /** Messages, oldest first, that fit all that is said; `wait` seconds for one. */
  async read({ after, unread, limit, authors, wait, signal } = {}) {
    const asked = Object.entries({ after, unread, limit, authors, wait }).filter(([, value]) => value !== undefined);
    const answer = await this.call("GET", `?${new URLSearchParams(asked)}`, { signal });
    return (await answer.json()).map(messageOf);
  }

  /** Writes; answers with what the server made of it. The same key again writes nothing a second time. */
  async write(body, { type, idempotencyKey }) {
    const headers = { "content-type": type };
    if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
    const stored = await (await this.call("POST", "", { headers, body })).json();
    return { sequence: stored.sequence, received: new Date(stored.received), type: stored.content_type };
  }

  /** Marks a message as read, or unread, and all before it where `older` says so. */
  async mark(sequence, { read = true, older = false } = {}) {
    await this.call("POST", `/${sequence}?older=${older}&read=${read}`);
  }

  /** The address of a socket that may be opened once. */
  async socketAddress() {
    const { ticket } = await (await this.call("POST", "/notify-ticket")).json();
    const address = new URL(`${this.address}/notify`, globalThis.location?.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("ticket", ticket);
    return address;
  }
}
