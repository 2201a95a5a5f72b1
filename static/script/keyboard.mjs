// Enhances the keyboard: hears single keys and pairs of keys, and never one that is typed into a field.
import { SHORTCUTS } from "./shortcuts.mjs";

/** How long the second key of a pair is waited for. */
const PAIR = 1500;

const FIELDS = "textarea, select, input:not([type=checkbox], [type=radio]), [contenteditable]";

/** Whether a key may be a shortcut: no modifier but Shift, and nothing else has used it or is composing a letter of it. */
export const mayBeShortcut = (event) =>
  !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;

/** Puts keys together: answers the name of what was pressed, or nothing after the first key of a pair. */
export function pairing(firsts, within) {
  let first = "";
  let until = 0;
  return (key, now) => {
    const before = now <= until ? first : "";
    first = "";
    if (before) return `${before} ${key}`;
    if (!firsts.has(key)) return key;
    first = key;
    until = now + within;
    return "";
  };
}

export function keyboard() {
  const firsts = new Set(Object.keys(SHORTCUTS).filter((name) => name.includes(" ")).map((name) => name.split(" ")[0]));
  const named = pairing(firsts, PAIR);
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest(FIELDS);
    if (event.key === "Escape" && !event.defaultPrevented && event.target.closest("input, textarea, select")) {
      event.target.blur();
      return;
    }
    if (field || !document.documentElement.dataset.keys || !mayBeShortcut(event)) return;
    const name = named(event.key, event.timeStamp);
    if (Object.hasOwn(SHORTCUTS, name) && SHORTCUTS[name]()) event.preventDefault();
  });
}
