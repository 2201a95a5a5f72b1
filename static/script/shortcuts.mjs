// Enhances the keyboard: what each shortcut does. The page of shortcuts tells the reader the same.
import { find, go } from "./page.mjs";

export function press(selector) {
  const target = find(selector);
  target?.click();
  return Boolean(target);
}

function submit(selector) {
  const form = find(selector);
  form?.requestSubmit();
  return Boolean(form);
}

const visit = (path) => () => { go(path); return true; };

function write(selector) {
  const field = find(selector);
  if (!field?.offsetParent) return false;
  field.focus();
  return true;
}

function search() {
  if (!write("#q")) go("/search");
  else find("#q").select();
  return true;
}

/** Each answers whether there was something to do. The inbox adds its own. */
export const SHORTCUTS = {
  u: () => press("#back") || press(".crumb"),
  Escape: () => press("#back"),
  a: () => press('button[value="read-shown"]') || press('[data-key="a"]'),
  z: () => press('.toast button[name="undo"]') || submit("#undo"),
  "[": () => press(".pager [rel=prev]"),
  "]": () => press(".pager [rel=next]"),
  "/": search,
  c: () => write("#text") || press('a[href$="#text"]'),
  i: visit("/invite"),
  n: visit("/channels/new"),
  ".": () => press("#show-new") || press("#check"),
  "?": visit("/help/shortcuts"),
  "g i": visit("/inbox"),
  "g c": visit("/channels"),
  "g t": () => press(':is(.tabs, .talkhead) a[href$="/tokens"]'),
  "g p": visit("/profile"),
};
