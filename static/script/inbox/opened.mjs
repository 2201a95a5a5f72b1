// Enhances an opened message: it counts as read at once. Without a script there is a button for that.
import { find } from "../page.mjs";

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
  const dot = find(".dot", here);
  if (dot) dot.style.visibility = "hidden";
}
