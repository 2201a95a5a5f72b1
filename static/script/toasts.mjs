// Enhances what tells what was done: it goes by itself, not while somebody is at it, and can be closed.
import { find, findAll } from "./page.mjs";

const SHOWN_FOR = 8000;

/** The same for what was deleted: as long as it can be brought back. */
const SHOWN_WHILE_KEPT = 60000;

function close(toast) {
  // Whoever closed it with a key goes on where the page begins, not at the very top.
  if (toast.contains(document.activeElement)) find("#main").focus({ preventScroll: true });
  toast.remove();
}

/** Lets a toast go after its time, which begins anew when pointer and focus have left it. */
function runOut(toast) {
  const time = "lasts" in toast.dataset ? SHOWN_WHILE_KEPT : SHOWN_FOR;
  let timer = 0;
  const isHeld = () => toast.matches(":hover, :focus-within");
  const start = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (isHeld() ? start() : toast.remove()), time);
  };
  for (const left of ["pointerleave", "focusout"]) toast.addEventListener(left, start);
  start();
}

export function toasts() {
  findAll(".toast").forEach(runOut);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-close]");
    if (button) close(button.closest(".toast"));
  });
}
