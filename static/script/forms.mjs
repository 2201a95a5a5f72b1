// Enhances forms: two quick presses send one, what is wrong gets the focus, and Ctrl+Enter sends a message.
import { find, findAll, unfold } from "./page.mjs";

export function forms() {
  document.addEventListener("submit", (event) => {
    // Somebody thought better of it.
    if (event.defaultPrevented) return;
    if (event.target.dataset.sent) event.preventDefault();
    else if (event.target.method === "post") event.target.dataset.sent = "1";
  });
  // Deleting can be taken back where a toast offers it, so nobody is asked first.
  for (const sure of findAll("input[name=sure]")) sure.disabled = false;
  // A page that comes back from the browser's memory can be sent again.
  addEventListener("pageshow", () => findAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    if (event.target.id === "text" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    // Would send the form, without saying what for.
    if (event.target.matches(".pick")) event.preventDefault();
  });
  // A browser tells what is wrong with a field only where it is seen.
  document.addEventListener("invalid", ({ target }) => unfold(target), true);
  find("#problems")?.focus();
}
