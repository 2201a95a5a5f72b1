// Enhances nothing by itself: has a device forget what it kept of an account's sealed messages.
import { openedOf } from "../leaving.mjs";
import { sealedOf } from "./noted.mjs";

/** Forgets in which channels answers are sealed. */
export function forgetSealed() {
  for (const name of Object.keys(localStorage).filter((name) => name.startsWith(sealedOf("")))) localStorage.removeItem(name);
}

/** Forgets what they said. Other pages of this browser may hold it for a moment; it goes when they let it go. */
export async function forgetOpened() {
  try {
    const forgetting = indexedDB.deleteDatabase(openedOf(document.body.dataset.account));
    await new Promise((resolve) => {
      for (const end of ["onsuccess", "onerror", "onblocked"]) forgetting[end] = resolve;
    });
  } catch {
    // A browser that lets pages keep nothing says so at once: then there is nothing to forget.
  }
}
