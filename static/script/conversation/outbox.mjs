// Enhances a conversation: texts on their way are kept in this browser, so that no reload and no restart loses one.
import { nameOf, store } from "../leaving.mjs";

/** How long the server knows a message by its key. Later it may be written twice, and is not sent again by itself. */
export const KNOWN_FOR = 23 * 3600000;

/** What goes out under one key is written once. Plain http has no `randomUUID`. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** What was kept and can be read. */
export function parsed(text) {
  try {
    const items = JSON.parse(text || "[]");
    return Array.isArray(items) ? items.filter((item) => item?.key && item.text) : [];
  } catch {
    return [];
  }
}

export function outboxOf(form) {
  const name = nameOf(document.body.dataset.account, `${form.getAttribute("action")} outbox`);
  const items = () => parsed(localStorage.getItem(name));
  const become = (next) => store(localStorage, name, next.length ? JSON.stringify(next) : "");
  const remove = ({ key }) => become(items().filter((item) => item.key !== key));
  return {
    items,
    add: ({ key, text, kind, since }) => become([...items(), { key, text, kind, since }]),
    /** Remembers that the server did not take it. */
    refused: ({ key }, isRefused = true) => become(items().map((item) => (item.key === key ? { ...item, isRefused } : item))),
    remove,
  };
}
