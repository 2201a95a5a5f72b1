// Enhances nothing by itself: how the other modules find elements, and where the site lies.

export const find = (selector, from = document) => from.querySelector(selector);

export const findAll = (selector, from = document) => [...from.querySelectorAll(selector)];

/** The base path, without a slash at its end. */
export const base = () => document.documentElement.dataset.base || "";

export const go = (path) => location.assign(base() + path);

/** Shows one of a page's sentences, and no other of its group. */
export function say(group, which) {
  for (const one of findAll(`[data-say="${group}"]`)) one.hidden = one.dataset.is !== which;
}

/** Opens what an element is folded away in. */
export function unfold(element) {
  const fold = element.closest("details");
  if (fold) fold.open = true;
}

/** The text of an element, without the words that unfold a part of it. */
export function textOf(element) {
  const copy = element.cloneNode(true);
  for (const summary of findAll("summary", copy)) summary.remove();
  return copy.textContent;
}
