// Enhances times: in the reader's zone, relative under a day.
import { findAll } from "./page.mjs";

/** Said of the document when a day has ended while the page was open. */
export const DAY_ENDED = "peerbox:day-ended";

const MINUTE = 60000;
const DAY = 1440 * MINUTE;
const AGAIN = 30000;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** In the order that the server writes dates in. */
export const part = (at, options) => new Intl.DateTimeFormat("en-GB", options).format(at);

export const daysAgo = (at, now) => Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / DAY);

export const otherYear = (at, now) => (at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`);

/** An instant as a list shows it; empty for one that is none. */
export function timeWords(at, now) {
  const minutes = Math.round((at - now) / MINUTE);
  if (Number.isNaN(minutes)) return "";
  const date = part(at, { day: "numeric", month: "short" }) + otherYear(at, now);
  if (minutes > 1) return daysAgo(at, now) === 0 ? hour.format(at) : `${date}, ${hour.format(at)}`;
  if (minutes > -1) return "now";
  if (minutes > -60) return relative.format(minutes, "minute");
  if (minutes > -1440) return relative.format(Math.round(minutes / 60), "hour");
  return date;
}

export function paintTimes(now) {
  for (const time of findAll("time[data-when]")) {
    const at = new Date(time.dateTime);
    const text = timeWords(at, now);
    if (!text) continue;
    if (!time.dataset.utc) {
      time.dataset.utc = time.title;
      time.title = `${full.format(at)} (${time.title})`;
    }
    if (time.textContent !== text) time.textContent = text;
  }
}

export function times() {
  let day = new Date().toDateString();
  const paint = () => {
    const now = new Date();
    paintTimes(now);
    if (day !== now.toDateString()) document.dispatchEvent(new Event(DAY_ENDED));
    day = now.toDateString();
  };
  paint();
  setInterval(paint, AGAIN);
}
