// Enhances every page for those who write: lets go of a draft that was taken, and asks before signing out forgets the others.
import { base, find, findAll } from "./page.mjs";

const KEPT = "peerbox draft ";

/** What was sent from this tab and is not known to have been taken. */
export const SENT = "peerbox sent ";

/** Where a draft is kept: it belongs to an account and to the form that sends it. */
export const nameOf = (account, action) => `${KEPT}${account} ${action}`;

/** The database of what an account's sealed messages said, see `device/opened.mjs`. */
export const openedOf = (account) => `peerbox opened ${base()} ${account}`;

/** Forgets what sealed messages said, of every account: this browser is signed out without having asked to be. What was being
    written stays for whoever signs in again. */
export async function forgetTexts() {
  try {
    for (const { name } of await indexedDB.databases()) {
      if (name.startsWith(openedOf(""))) await emptied(name);
    }
  } catch {
    // A browser that keeps nothing, or does not say what it keeps.
  }
}

/** Empties the texts of one account. */
function emptied(name) {
  return new Promise((resolve) => {
    const opening = indexedDB.open(name);
    // Gone meanwhile: it is not made anew.
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = resolve;
    opening.onsuccess = () => {
      const { result: database } = opening;
      const emptying = database.transaction("texts", "readwrite");
      emptying.objectStore("texts").clear();
      emptying.oncomplete = emptying.onabort = () => resolve(database.close());
    };
  });
}

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
  if (find("[data-signed-out]")) forgetTexts();
  for (const form of findAll("form[data-leaves]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      // Nobody waits for what is needed once. Where it does not come, the server ends the session all the same.
      import("./device/signing_out.mjs").then(({ signOut }) => signOut(form)).catch(() => form.submit());
    });
  }
}
