// Enhances the keyboard: what each shortcut does. The page of shortcuts tells the reader the same.
import { find, findAll, go } from "./page.mjs";
import { currentRow, keep, lineFrom, walk } from "./rows.mjs";
import { selectTo } from "./selection.mjs";

function press(selector) {
  const target = find(selector);
  target?.click();
  return Boolean(target);
}

const visit = (path) => () => { go(path); return true; };

const rowButton = (act) => {
  const row = currentRow();
  return row && findAll("button[name=one]", row).find((button) => act.test(button.value));
};

function act(what) {
  const button = rowButton(what);
  button?.click();
  return Boolean(button);
}

/** The list is loaded again with the answer; the focus is then on the row that was the next. */
function actAndMove(what, step) {
  const row = currentRow();
  const next = row && lineFrom(row, step);
  if (!row || !act(what)) return false;
  keep(next ? next.closest(".row") : row);
  return true;
}

function write(selector) {
  const field = find(selector);
  if (!field?.offsetParent) return false;
  field.focus();
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

function search() {
  if (!write("#q")) go("/search");
  else find("#q").select();
  return true;
}

/** Each answers whether there was something to do. */
export const SHORTCUTS = {
  j: () => walk(1) || press("#older"),
  k: () => walk(-1) || press("#newer"),
  o: open,
  u: () => press("#back") || press(".crumb"),
  Escape: () => press("#back"),
  x: pick,
  X: () => selectTo(currentPick()),
  m: () => actAndMove(/^(un)?read:/, 1) || press('[data-key="m"]'),
  M: () => actAndMove(/^(un)?read:/, -1),
  e: () => actAndMove(/^read:/, 1) || press('.row[aria-current="true"] + .row .line') || press("#older"),
  U: () => act(/^unread:/) || press('[data-key="m"]'),
  "#": () => act(/^delete:/) || press('[data-key="#"]'),
  a: () => press('button[value="read-shown"]') || press('[data-key="a"]'),
  "[": () => press(".pager [rel=prev]"),
  "]": () => press(".pager [rel=next]"),
  "/": search,
  c: () => write("#text") || press('a[href$="#text"]'),
  n: visit("/channels/new"),
  ".": () => press("#show-new") || press("#check"),
  "?": visit("/help/shortcuts"),
  "g i": visit("/inbox"),
  "g c": visit("/channels"),
  "g t": () => press(':is(.tabs, .talkhead) a[href$="/tokens"]'),
  "g p": visit("/profile"),
};
