// Enhances the list of messages: one row after the other gets the focus, and has it again when the list comes back, as
// what was selected is selected again.
import { find, findAll } from "../page.mjs";
import { select, selection } from "./selection.mjs";

const KEPT = "row";

/** Where the focus goes: to the row that was kept, or to the one that took its place. Negative for nowhere. */
export function placeOf(keys, [key, index]) {
  if (!key) return -1;
  const same = keys.indexOf(key);
  return same < 0 ? Math.min(index, keys.length - 1) : same;
}

const lines = () => findAll(".row .line").filter((line) => line.offsetParent);

export const currentRow = () => document.activeElement.closest(".row");

/** The line that many rows away from a row; from nowhere, the first or the last. */
export function lineFrom(row, step) {
  const all = lines();
  const at = row ? all.indexOf(find(".line", row)) : -1;
  return all.at(at < 0 ? (step > 0 ? 0 : -1) : Math.max(at + step, 0)) ?? null;
}

/** Moves the focus; false where there is no list. */
export function walk(step) {
  if (!find("#messages") || !lines().length) return false;
  lineFrom(currentRow(), step)?.focus();
  return true;
}

/** Keeps the row that has the focus, what is selected, and how far the list is scrolled, for when it is shown again. */
export function keep(row) {
  sessionStorage.setItem(KEPT, JSON.stringify([row.dataset.row, findAll(".row").indexOf(row), selection(), scrollY]));
}

export function rows() {
  const list = find("#messages");
  if (!list) return;
  list.addEventListener("click", (event) => {
    const line = event.target.closest(".line");
    if (line) keep(line.closest(".row"));
  });
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  sessionStorage.removeItem(KEPT);
  const all = findAll(".row");
  if (kept[2]) select(kept[2]);
  const row = all[placeOf(all.map((one) => one.dataset.row), kept)];
  if (!row) return;
  scrollTo({ top: kept[3], behavior: "instant" });
  find(".line", row).focus();
}
