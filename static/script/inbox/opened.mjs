// Enhances an opened message: it counts as read at once. Without a script there is a button for that.
import { find, findAll } from "../page.mjs";

export async function opened() {
  const button = find("#mark-read");
  if (!button) return;
  const body = new URLSearchParams({ csrf: button.form.elements.csrf.value, one: button.value, quiet: "yes" });
  const answer = await fetch(button.form.action, { method: "POST", body, credentials: "same-origin" }).catch(() => null);
  if (answer?.status !== 204) return;
  button.hidden = true;
  find("#mark-unread").hidden = false;
  const here = find('.row.unread[aria-current="true"]');
  if (!here) return;
  here.classList.remove("unread");
  // The dot, and the word for those who do not see it.
  for (const one of findAll(".dot, .from > .vh", here)) one.remove();
}
