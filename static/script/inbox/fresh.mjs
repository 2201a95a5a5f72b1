// Enhances the list of messages: it follows what happens elsewhere, and takes in what is new while its reader is at the top.
import { request } from "../asking/request.mjs";
import { SHOWN } from "../counts.mjs";
import { paintDays } from "../days/days.mjs";
import { CHANGED } from "../live.mjs";
import { find, findAll } from "../page.mjs";
import { paintTimes } from "../times.mjs";

/** So far from the top a reader still sees what comes in. */
const NEAR = 120;

/** Which rows go, which come, and which are there before and after. What was only pushed off the end of the page stays,
    but where nothing is left of it, for there would be a hole that nobody sees. */
export function compared(before, after) {
  if (!after.some((key) => before.includes(key))) return { gone: before, come: after, kept: [] };
  const last = Math.max(...after.map((key) => before.indexOf(key)));
  return {
    gone: before.filter((key, at) => at < last && !after.includes(key)),
    come: after.filter((key, at) => !before.includes(key) && at < after.findIndex((one) => before.includes(one))),
    kept: before.filter((key) => after.includes(key)),
  };
}

/** What of a row may change while it is shown. */
const state = (row) => [row.className, ...findAll("button", row).map((button) => button.value)].join(" ");

function renew(row, next) {
  if (state(row) === state(next)) return;
  find(".pick", next).checked = find(".pick", row).checked;
  row.replaceWith(next);
}

function merge(list, page) {
  const here = document.activeElement.closest("#messages .row")?.dataset.row;
  const rows = new Map(findAll(".row", list).map((row) => [row.dataset.row, row]));
  const next = new Map(findAll("#messages .row", page).map((row) => [row.dataset.row, document.adoptNode(row)]));
  const { gone, come, kept } = compared([...rows.keys()], [...next.keys()]);
  const takesIn = scrollY < NEAR && !new URLSearchParams(location.search).get("older");
  if (!kept.length && (!takesIn || find(".pick:checked", list))) return;
  for (const key of kept) renew(rows.get(key), next.get(key));
  if (come.length && takesIn) {
    find(".row", list).before(...come.map((key) => next.get(key)));
    // What comes among those that were sent, or into a search, is not all that is new.
    if (list.dataset.newest) document.dispatchEvent(new Event(SHOWN));
  }
  for (const key of gone) if (key !== here) rows.get(key).remove();
  paintTimes(new Date());
  paintDays(new Date());
  // Rows that moved have lost it.
  if (here) find(`.row[data-row="${here}"] .line`, list)?.focus({ preventScroll: true });
}

export function fresh() {
  const list = find("#messages");
  if (!list || !find(".row", list)) return;
  let looking = false;
  let again = false;
  document.addEventListener(CHANGED, async () => {
    again = true;
    if (looking) return;
    looking = true;
    while (again) {
      again = false;
      const address = new URL(location.href);
      address.searchParams.set("part", "true");
      const { status, url, page } = await request("GET", address.href);
      // An empty list, or a page to sign in at, says nothing about the rows.
      if (status === 200 && url === address.href && page && find("#messages .row", page)) merge(list, page);
    }
    looking = false;
  });
}
