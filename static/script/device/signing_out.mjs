// Enhances signing out: asks before drafts are forgotten, and ends what this browser has of whoever goes.
import { forget } from "../given/kept.mjs";
import { isOf } from "../leaving.mjs";
import { base } from "../page.mjs";
import { forgetOpened } from "./forgetting.mjs";

/** A push service may not be there: whoever signs out waits no longer for it. */
const LONGEST = 2000;

/** The browser is told nothing more, and the server hears which one that is. */
async function untold(form) {
  const worker = await navigator.serviceWorker?.getRegistration(`${base()}/`);
  const subscription = await worker?.pushManager?.getSubscription();
  if (!subscription) return;
  // Where all sessions end, the server knows which browsers they were told by.
  if (form.elements.endpoint) form.elements.endpoint.value = subscription.endpoint;
  await subscription.unsubscribe();
}

export async function signOut(form) {
  // Pressed again while the push service is waited for.
  if (form.dataset.left) return;
  const left = Object.keys(localStorage).filter((name) => isOf(document.body.dataset.account, name));
  if (left.length && !confirm(form.dataset.leaves)) return;
  // Nothing is kept any more when the page goes, see `sealed/draft.mjs`.
  form.dataset.left = "1";
  for (const name of left) localStorage.removeItem(name);
  const late = new Promise((resolve) => setTimeout(resolve, LONGEST));
  const ending = [forgetOpened(), forget(), Promise.race([untold(form), late])];
  await Promise.allSettled(ending);
  form.submit();
}
