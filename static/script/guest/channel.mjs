// Enhances a counterparty's page with the channel's API: what it may do, what was written, and telling the rest.

/** The server refused: `status` of the refusal, as the body says it where it does. */
export class Refused extends Error {
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

async function refusal(answer) {
  const problem = await answer.json().catch(() => null);
  return new Refused(problem?.status ?? answer.status);
}

/** The calls of one channel. No token, no header: the channel is then one that is open to everybody. */
export class Channel {
  constructor(base, id, token) {
    this.address = `${base}/api/v1/channel/${encodeURIComponent(id)}`;
    this.headers = token === null ? {} : { authorization: `Bearer ${token}` };
  }

  async call(method, rest, headers = {}, body = undefined) {
    const answer = await fetch(this.address + rest, {
      method,
      body,
      headers: { ...this.headers, ...headers },
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }

  /** Who is at the other end, with which key, and what may be done here. */
  async reception() {
    return (await this.call("GET", "/key")).json();
  }

  /** What the holder shows. */
  async picture() {
    return (await this.call("GET", "/picture")).blob();
  }

  /** The highest number that others wrote. */
  async head() {
    return Number((await this.call("HEAD", "")).headers.get("etag"));
  }

  /** Messages with numbers above `after`, at most `limit`, with which side wrote each. */
  async messages(after, limit) {
    return (await this.call("GET", `?after=${after}&limit=${limit}&authors=true`)).json();
  }

  /** Marks everything up to a number as read. */
  async mark(upTo) {
    await this.call("POST", `/${upTo}?older=true&read=true`);
  }

  /** Writes; the same `key` again writes nothing a second time. Answers with the message as stored. */
  async write(type, body, key) {
    return (await this.call("POST", "", { "content-type": type, "idempotency-key": key }, body)).json();
  }

  /** The address of a socket that may be opened once. */
  async socketAddress() {
    const { ticket } = await (await this.call("POST", "/notify-ticket")).json();
    const address = new URL(`${this.address}/notify`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("ticket", ticket);
    return address;
  }

  /** Waits until there is something unread, at most `seconds`. */
  async wait(seconds) {
    await this.call("GET", `?unread=true&limit=1&wait=${seconds}`);
  }
}
