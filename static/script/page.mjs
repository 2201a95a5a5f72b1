// Enhances nothing by itself: how the other modules find elements, and where the site lies.

export const find = (selector, from = document) => from.querySelector(selector);

export const findAll = (selector, from = document) => [...from.querySelectorAll(selector)];

/** The base path, without a slash at its end. */
export const base = () => document.documentElement.dataset.base || "";

export const go = (path) => location.assign(base() + path);
