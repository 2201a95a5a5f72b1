// Enhances the pages of keys: one step is seen at a time, and it ends when what was typed into it is right.
import { find, findAll } from "../page.mjs";

/** What a reader can mend; its message is a sentence for the page. */
export class Wrong extends Error {}

/** Shows one step and hides the others. Whoever hears the page goes on at its heading. */
export function show(name) {
  for (const one of findAll("[data-step]")) one.hidden = one.dataset.step !== name;
  const step = find(`[data-step="${name}"]`);
  const field = find("input:not([hidden], [type=radio], [type=file]), textarea", step);
  (field ?? find("[tabindex]", step))?.focus();
  return step;
}

/** Says what is wrong in a step; null takes it away again. */
function complain(step, wrong) {
  const place = find("[data-wrong]", step);
  if (!place) return;
  place.textContent = wrong?.message ?? "";
  place.hidden = wrong === null;
  find("[data-confirm]", step).hidden = !wrong?.isToConfirm;
}

/** The pressed button says what is going on, and nothing is pressed twice. */
function setBusy(button, isBusy) {
  if (!button?.dataset.busy) return;
  button.setAttribute("aria-disabled", String(isBusy));
  if (isBusy) button.dataset.word = button.textContent;
  button.textContent = isBusy ? button.dataset.busy : button.dataset.word;
  if (isBusy) find("#announce").textContent = button.dataset.busy;
}

/**
 * Shows a step and waits for its end: what `judge` makes of the form and the pressed button; null when the reader goes
 * back. When `judge` throws a Wrong, the page says it and waits on; it may begin with one.
 */
export function step(name, judge, wrong = null) {
  const here = show(name);
  const form = find("form", here);
  complain(here, wrong);
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    let busy = false;
    const end = (settle, value) => {
      over.abort();
      settle(value);
    };
    const press = async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      complain(here, null);
      const button = event.submitter ?? find("button:not([type=button])", form);
      setBusy(button, true);
      try {
        end(resolve, await judge(form, button.value));
      } catch (error) {
        if (!(error instanceof Wrong)) return end(reject, error);
        complain(here, error);
        find("input:not([hidden]), textarea", form)?.focus();
      } finally {
        busy = false;
        setBusy(button, false);
      }
    };
    form.addEventListener("submit", press, { signal: over.signal });
    find("[data-back]", form)?.addEventListener("click", () => end(resolve, null), { signal: over.signal });
  });
}
