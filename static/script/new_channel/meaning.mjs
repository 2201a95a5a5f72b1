// Enhances the form of a new channel: the sentences below it say what the channel will be while one types.
import { find, findAll } from "../page.mjs";

/** Whether a sentence holds that is about this value of a field; `one` and `more` are about a number of days. */
export function holds(about, value) {
  if (about !== "none" && about !== "one" && about !== "more") return about === value;
  const days = Number(value);
  return about === (days > 1 ? "more" : days > 0 ? "one" : "none");
}

/** Days after which messages are deleted: of callbacks also where nothing was typed. */
export const lastDay = (preset, typed, ofCallbacks) => (preset === "callbacks" && !typed.trim() ? ofCallbacks : typed);

export function meaning() {
  const form = find("#newchannel");
  form?.addEventListener("input", () => {
    const values = new FormData(form);
    const { callbackDays } = find("#meaning-text").dataset;
    values.set("max_days", lastDay(values.get("preset"), values.get("max_days"), callbackDays));
    for (const sentence of findAll("[data-field]", form)) {
      const value = values.get(sentence.dataset.field) ?? "";
      sentence.hidden = !holds(sentence.dataset.is, value);
      const days = find("[data-days]", sentence);
      if (days) days.textContent = value;
    }
  });
}
