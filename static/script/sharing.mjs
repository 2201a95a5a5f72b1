// Enhances live updates: one stream for the whole browser, held by the page in front, which tells the others.

/** By which pages of one version find each other; one from before an upgrade may mean something else. */
const NAME = new URL(".", import.meta.url).pathname;

/** A browser opens few connections to a server of HTTP/1.1. Plain http has no locks: each page that is seen has one. */
const canShare = () => Boolean(navigator.locks) && "BroadcastChannel" in window;

const isSeen = () => document.visibilityState === "visible";

function alone(stream) {
  const enter = () => {
    if (!isSeen()) stream.close();
    else if (!stream.isOpen()) stream.open();
  };
  document.addEventListener("visibilitychange", enter);
  return { enter, leave: stream.close, tell: () => {} };
}

function together(stream, { state, hear }) {
  const channel = new BroadcastChannel(NAME);
  let release = null;
  let queued = null;
  let taking = false;
  const tell = (event, news) => channel.postMessage({ event, ...state(), ...news });
  const join = (front) => {
    if (release || taking) return;
    taking = front;
    queued?.abort();
    const waiting = front ? null : new AbortController();
    queued = waiting;
    navigator.locks.request(NAME, front ? { steal: true } : { signal: waiting.signal }, () => {
      taking = false;
      stream.open();
      return new Promise((done) => { release = done; });
    }).catch(() => {
      // Given up for another request of this page, or taken by the page that is in front now.
      if (waiting?.signal.aborted) return;
      stream.close();
      release = null;
      taking = false;
      join(false);
    });
  };
  channel.addEventListener("message", ({ data }) => {
    if (data.hello && release) tell(false);
    if (!data.hello && !release) hear(data);
  });
  channel.postMessage({ hello: true });
  document.addEventListener("visibilitychange", () => { if (isSeen()) join(true); });
  return {
    enter: () => join(isSeen()),
    leave() {
      stream.close();
      queued?.abort();
      release?.();
      release = queued = null;
    },
    tell,
  };
}

/** `state` is what this page knows, `hear` takes that of another. */
export const share = (stream, page) => (canShare() ? together(stream, page) : alone(stream));
