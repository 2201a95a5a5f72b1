// Enhances live updates: one stream of server-sent events, opened again whenever it ends or falls silent.

/** A server that says nothing for so long is gone, although nobody closed the line: it pings every 25 seconds. */
const SILENCE = 35000;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60000;
const HICCUP = 15000;

export const nextWait = (wait) => Math.min(wait * 2, LONGEST_WAIT);

/** Whether a reader who waits so long is offline, rather than reconnecting. */
export const isOffline = (wait, online) => wait > HICCUP || !online;

/**
 * `heard` gets each event that counts, `counted` what is unread when it begins with nothing new, `report` how it stands;
 * `ended` says that the session is over.
 */
export function streamOf({ address, heard, counted, report, ended }) {
  let events = null;
  let wait = FIRST_WAIT;
  let silence = 0;
  let again = 0;
  const close = () => {
    clearTimeout(silence);
    clearTimeout(again);
    events?.close();
    events = null;
  };
  const retry = () => {
    close();
    wait = nextWait(wait);
    report(isOffline(wait, navigator.onLine) ? "off" : "wait");
    again = setTimeout(open, wait / 2 + Math.random() * 1000);
  };
  const listening = () => {
    clearTimeout(silence);
    silence = setTimeout(retry, SILENCE);
  };
  const open = () => {
    close();
    events = new EventSource(address());
    events.addEventListener("open", () => {
      wait = FIRST_WAIT;
      report("on");
      listening();
    });
    for (const type of ["message", "read", "resync"]) events.addEventListener(type, heard);
    events.addEventListener("counts", counted);
    for (const type of ["message", "read", "resync", "ping"]) events.addEventListener(type, listening);
    events.addEventListener("session-ended", () => {
      close();
      ended();
    });
    events.addEventListener("server-restart", retry);
    events.onerror = retry;
    listening();
  };
  return { open, close, retry, isOpen: () => events !== null };
}
