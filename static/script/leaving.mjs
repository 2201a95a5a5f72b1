// Enhances signing out: it asks before it forgets what was written and not sent.
import { findAll } from "./page.mjs";

const KEPT = "peerbox draft ";

/** Where a draft is kept: it belongs to an account and to the form that sends it. */
export const nameOf = (account, action, field) => `${KEPT}${account} ${action} ${field}`;

export const isOf = (account, name) => name.startsWith(`${KEPT}${account} `);

export function leaving() {
  for (const form of findAll("form[data-leaves]")) {
    form.addEventListener("submit", (event) => {
      const left = Object.keys(localStorage).filter((name) => isOf(document.body.dataset.account, name));
      if (left.length && !confirm(form.dataset.leaves)) event.preventDefault();
      else for (const name of left) localStorage.removeItem(name);
    });
  }
}
