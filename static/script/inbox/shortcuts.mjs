// Enhances the keyboard: what a key does with the row that has the focus, and else with the message that is open.
import { find, findAll } from "../page.mjs";
import { press } from "../shortcuts.mjs";
import { currentRow, keep, lineFrom, walk } from "./rows.mjs";
import { selectTo } from "./selection.mjs";

const rowButton = (act) => {
  const row = currentRow();
  return row && findAll("button[name=one]", row).find((button) => act.test(button.value));
};

function act(what) {
  const button = rowButton(what);
  button?.click();
  return Boolean(button);
}

/** Acts on what is selected, if anything is: what it is called with answers the name of the button. */
function actOnAll(named) {
  const rows = findAll("#messages .row:has(.pick:checked)");
  return rows.length > 0 && press(`.acts button[value="${named(rows)}"]`);
}

/** Both ways: what holds of one of them is not yet so of all. */
const someUnread = (rows) => (rows.some((row) => row.matches(".unread")) ? "read" : "unread");
const someUnstarred = (rows) => (rows.every((row) => row.matches(".starred")) ? "unstar" : "star");

/** The list is loaded again with the answer; the focus is then on the row that was the next. */
function actAndMove(what, step) {
  const row = currentRow();
  const next = row && lineFrom(row, step);
  if (!row || !act(what)) return false;
  keep(next ? next.closest(".row") : row);
  return true;
}

const currentPick = () => {
  const row = currentRow();
  return row && find(".pick", row);
};

function pick() {
  const box = currentPick();
  box?.click();
  return Boolean(box);
}

function open() {
  const row = currentRow();
  if (row) find(".line", row).click();
  return Boolean(row);
}

/** Each answers whether there was something to do. */
export const LIST_SHORTCUTS = {
  j: () => walk(1) || press("#older"),
  k: () => walk(-1) || press("#newer"),
  o: open,
  x: pick,
  X: () => selectTo(currentPick()),
  m: () => actOnAll(someUnread) || actAndMove(/^(un)?read:/, 1) || press('[data-key="m"]'),
  M: () => actAndMove(/^(un)?read:/, -1),
  e: () => actOnAll(() => "archive") || actAndMove(/^archive:/, 1) || press('[data-key="e"]'),
  s: () => actOnAll(someUnstarred) || actAndMove(/^(un)?star:/, 0) || press('[data-key="s"]'),
  b: () => actOnAll(() => "snooze") || actAndMove(/^snooze:/, 1) || press('[data-key="b"]'),
  U: () => act(/^unread:/) || press('[data-key="m"]'),
  "#": () => actOnAll(() => "delete") || actAndMove(/^delete:/, 1) || press('[data-key="#"]'),
};
