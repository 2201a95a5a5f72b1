// Enhances every page for those who write: lets go of a draft that was taken, and asks before signing out forgets the others.
import { find, findAll } from "./page.mjs";

const KEPT = "peerbox draft ";

/** What was sent from this tab and is not known to have been taken. */
export const SENT = "peerbox sent ";

/** Where a draft is kept: it belongs to an account and to the form that sends it. */
export const nameOf = (account, action) => `${KEPT}${account} ${action}`;

export const isOf = (account, name) => name.startsWith(`${KEPT}${account} `);

export function store(place, name, text) {
  try {
    if (text) place.setItem(name, text);
    else place.removeItem(name);
  } catch {
    // No room, or a browser that keeps nothing: writing goes on without a draft.
  }
}

/** Whether a draft has served: the page says that something was done, and it is still what was sent. */
export const isTaken = ({ kept, sent, done }) => done && kept === sent;

function letGo() {
  const done = Boolean(find("#flash.ok, [data-done]")) && !find("#problems");
  for (const name of Object.keys(sessionStorage).filter((name) => name.startsWith(SENT))) {
    const draft = name.slice(SENT.length);
    const [kept, sent] = [localStorage.getItem(draft), sessionStorage.getItem(name)];
    if (isTaken({ kept, sent, done })) store(localStorage, draft, "");
    store(sessionStorage, name, "");
  }
}

export function leaving() {
  letGo();
  for (const form of findAll("form[data-leaves]")) {
    form.addEventListener("submit", (event) => {
      const left = Object.keys(localStorage).filter((name) => isOf(document.body.dataset.account, name));
      if (left.length && !confirm(form.dataset.leaves)) event.preventDefault();
      else for (const name of left) localStorage.removeItem(name);
    });
  }
}
