// Enhances headings of days, in the list of messages and in a conversation: days are those of the reader's zone.
import { find, findAll } from "../page.mjs";
import { DAY_ENDED, daysAgo, otherYear, part } from "../times.mjs";

const dayWord = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

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

export function days() {
  const paint = () => paintDays(new Date());
  paint();
  document.addEventListener(DAY_ENDED, paint);
}
