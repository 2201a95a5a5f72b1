// Hearing that something was written: a socket says so, else a waiting request does. Whatever breaks is tried again.

/** Seconds that a request waits, that a silent socket is trusted, and the longest pause before the next try. */
const WAIT = 25;
const TRUST = 120;
const LONGEST_PAUSE = 30;

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

  /** Waits until there may be something new; false once the socket is closed. One that a network lost stays silent for ever, so
      silence is news too. */
  async news() {
    if (!this.rung && !this.closed) {
      await new Promise((resolve) => {
        this.wake = resolve;
        this.silence = setTimeout(resolve, TRUST * 1000);
      });
      clearTimeout(this.silence);
    }
    this.rung = false;
    return !this.closed;
  }
}

/**
 * Calls `look` whenever something may have been written, one call after the other, until `signal` ends it. `look` answers up to
 * which number all is known. Throws what refused the token.
 */
export async function follow(channel, look, signal) {
  let failures = 0;
  let known = 0;
  // Some proxies let no socket through.
  let bySocket = true;
  while (!signal?.aborted) {
    let bell = null;
    try {
      if (bySocket) {
        const address = await channel.socketAddress();
        if (signal?.aborted) return;
        bell = new Bell(address, signal);
        while (await bell.news()) {
          known = await look();
          failures = 0;
        }
        bySocket = bell.opened || failures < 2;
      } else {
        await channel.read({ after: known, unread: true, limit: 1, wait: WAIT, signal });
        known = await look();
        failures = 0;
      }
    } catch (error) {
      if (error instanceof Thrown || isFinal(error)) throw error;
    } finally {
      bell?.close();
    }
    failures += 1;
    await pause(Math.min(LONGEST_PAUSE, 2 ** failures) * (0.5 + Math.random() / 2), signal);
  }
}
