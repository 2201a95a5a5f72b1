// Enhances times and headings of days: in the reader's zone, relative under a day. Without a script they are in UTC.
import { find, findAll } from "./page.mjs";

const MINUTE = 60000;
const DAY = 1440 * MINUTE;
const AGAIN = 30000;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const dayWord = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** In the order that the server writes dates in. */
const part = (at, options) => new Intl.DateTimeFormat("en-GB", options).format(at);

export const daysAgo = (at, now) => Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / DAY);

const otherYear = (at, now) => (at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`);

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

function paintTimes(now) {
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

/** The heading of the day an instant belongs to: `Today`, `Yesterday`, `Monday, 2 March`, `2 March 2024`. */
export function dayTitle(at, now) {
  const ago = daysAgo(at, now);
  if (ago === 0 || ago === 1) {
    const word = dayWord.format(-ago, "day");
    return word[0].toUpperCase() + word.slice(1);
  }
  const date = part(at, { day: "numeric", month: "long" });
  return otherYear(at, now) ? date + otherYear(at, now) : `${part(at, { weekday: "long" })}, ${date}`;
}

export function groups(items, titleOf) {
  const found = [];
  for (const item of items) {
    const title = titleOf(item);
    if (!found.length || found.at(-1).title !== title) found.push({ title, items: [] });
    found.at(-1).items.push(item);
  }
  return found;
}

const byDay = (items, now) => groups(items, (item) => dayTitle(new Date(find("time", item).dateTime), now));

function paintList(now) {
  const sections = findAll("#messages > section");
  const pattern = sections[0];
  byDay(sections.flatMap((section) => findAll(".row", section)), now).forEach(({ title, items }, at) => {
    const section = sections.shift() || pattern.cloneNode(true);
    const heading = find("h2", section);
    heading.textContent = title;
    heading.id = `day-${at + 1}`;
    section.setAttribute("aria-labelledby", heading.id);
    find("ul", section).replaceChildren(...items);
    if (!section.isConnected) find("#messages > .pager").before(section);
  });
  for (const section of sections) section.remove();
}

function paintConversation(now) {
  const talk = find("#talk");
  if (!talk) return;
  const headings = findAll("h2.day", talk);
  for (const { title, items } of byDay(findAll(".turn", talk), now)) {
    const heading = headings.shift() || document.createElement("h2");
    heading.className = "day";
    heading.textContent = title;
    const line = items[0].previousElementSibling;
    (line?.matches(".newline") ? line : items[0]).before(heading);
  }
  for (const heading of headings) heading.remove();
}

/** Puts headings of days, in the reader's zone, over what the page shows now. */
export function paintDays(now) {
  paintList(now);
  paintConversation(now);
}

export function times() {
  let day = "";
  const paint = () => {
    const now = new Date();
    paintTimes(now);
    // Days end while a page is open.
    if (day !== now.toDateString()) paintDays(now);
    day = now.toDateString();
  };
  paint();
  setInterval(paint, AGAIN);
}
