// Hearing that something was written: a socket says so, else a waiting request does. Whatever breaks is tried again.

/** Seconds that a request waits, that a socket may take to open, that a silent one is trusted, and the longest pauses before the
    next try: ours, and what a server may ask for. */
const WAIT = 25;
const TO_OPEN = 10;
const TRUST = 120;
const LONGEST_PAUSE = 30;
const LONGEST_ASKED = 300;

/** Sockets that may fail, and requests that wait before one is tried again: some proxies let none through, or not always. */
const SOCKETS = 3;
const REQUESTS = 10;

/** Ends by itself, or when `signal` does. */
const pause = (seconds, signal) => signal?.aborted ? Promise.resolve() : new Promise((resolve) => {
  const done = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", done);
    resolve();
  };
  const timer = setTimeout(done, seconds * 1000);
  signal?.addEventListener("abort", done);
});

/** What the handler of messages threw: that ends the listening. */
export class Thrown extends Error {}

/** Whether trying again would change nothing: what is asked is refused, as for a token that ended, or the handler threw. */
const isFinal = ({ status }) => status >= 400 && status < 500 && ![408, 429].includes(status);

/** A socket that is heard of. */
class Bell {
  constructor(address, signal) {
    const socket = new WebSocket(address);
    Object.assign(this, { opened: false, closed: false, rung: false, wake: () => {} });
    this.close = () => {
      signal?.removeEventListener("abort", this.close);
      socket.close();
    };
    const ring = (change) => () => {
      Object.assign(this, change);
      this.wake();
    };
    socket.onopen = ring({ opened: true, rung: true });
    socket.onmessage = ring({ rung: true });
    socket.onclose = ring({ closed: true });
    signal?.addEventListener("abort", this.close);
  }

  /** Waits until there may be something new; false once the socket is closed, or did not open. One that a network lost stays silent for ever, so
      silence is news too. */
  async news() {
    if (!this.rung && !this.closed) {
      await new Promise((resolve) => {
        this.wake = resolve;
        this.silence = setTimeout(resolve, (this.opened ? TRUST : TO_OPEN) * 1000);
      });
      clearTimeout(this.silence);
    }
    this.rung = false;
    return this.opened && !this.closed;
  }
}

/**
 * Calls `look` whenever something may have been written, one call after the other, until `signal` ends it. `look` answers up to
 * which number all is known. Throws what refused the token.
 */
export async function follow(channel, look, signal) {
  let known = null;
  let failures = 0;
  let sockets = SOCKETS;
  // Sockets are for tokens.
  let requests = channel.anonymous ? Infinity : 0;
  while (!signal?.aborted) {
    const bySocket = requests === 0;
    let bell = null;
    let asked = 0;
    try {
      if (bySocket) {
        const address = await channel.socketAddress();
        if (signal?.aborted) return;
        bell = new Bell(address, signal);
        while (await bell.news()) {
          known = await look();
          failures = 0;
          sockets = SOCKETS;
        }
        if (!bell.opened) sockets -= 1;
      } else {
        requests -= 1;
        if (known !== null) await channel.read({ after: known, unread: true, limit: 1, wait: WAIT, signal });
        known = await look();
        failures = 0;
      }
    } catch (error) {
      if (error instanceof Thrown || isFinal(error)) throw error;
      asked = Math.min(LONGEST_ASKED, error.wait ?? 0);
      // Who gets no ticket for a socket may read all the same.
      if (bySocket && !bell && error.status) sockets = 0;
    } finally {
      bell?.close();
    }
    if (bySocket && sockets === 0) {
      sockets = 1;
      requests = REQUESTS;
      continue;
    }
    failures += 1;
    await pause(Math.max(asked, Math.min(LONGEST_PAUSE, 2 ** failures) * (0.5 + Math.random() / 2)), signal);
  }
}
