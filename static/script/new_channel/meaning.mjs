// Enhances the form of a new channel: the sentences below it say what the channel will be while one types.
import { find, findAll } from "../page.mjs";

/** Whether a sentence holds that is about this value of a field; `one` and `more` are about a number of days. */
export function holds(about, value) {
  if (about !== "none" && about !== "one" && about !== "more") return about === value;
  const days = Number(value);
  return about === (days > 1 ? "more" : days > 0 ? "one" : "none");
}

export function meaning() {
  const form = find("#newchannel");
  form?.addEventListener("input", () => {
    const values = new FormData(form);
    for (const sentence of findAll("[data-field]", form)) {
      const value = values.get(sentence.dataset.field) ?? "";
      sentence.hidden = !holds(sentence.dataset.is, value);
      const days = find("[data-days]", sentence);
      if (days) days.textContent = value;
    }
  });
}
