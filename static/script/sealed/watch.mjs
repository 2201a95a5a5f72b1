// Enhances pages with messages that may be sealed: looks at those that are there, and at those that come.
import { findAll } from "../page.mjs";

/** Calls `look` with the messages in `place` that were not looked at yet, now and whenever some come. Answers what it does now. */
export function watch(place, look) {
  const looked = new WeakSet();
  const all = () => {
    const fresh = findAll("[data-box]", place).filter((one) => !looked.has(one));
    fresh.forEach((one) => looked.add(one));
    return fresh.length > 0 ? look(fresh) : undefined;
  };
  new MutationObserver(all).observe(place, { childList: true, subtree: true });
  return all();
}
