// Enhances the place to write where answers are sealed: what is typed is kept on this device, encrypted, and nowhere else.
import { nameOf, store } from "../leaving.mjs";
import { find } from "../page.mjs";

/** What is typed is kept when the hands rest for so many milliseconds. */
const REST = 300;

/** Keeps what is typed into a form, in the place of what was kept in the clear before. */
export async function draft(form, channel, kept) {
  if (form.dataset.draft) return;
  form.dataset.draft = "sealed";
  const [field, name] = [find("#text", form), `draft ${channel}`];
  delete form.dataset.keep;
  store(localStorage, nameOf(document.body.dataset.account, form.getAttribute("action")), "");
  const before = await kept.note(name);
  if (before && !field.value) {
    field.value = before;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  let resting = 0;
  const keep = () => {
    // Signing out asks before it forgets a draft, of which nothing but that it is there is kept in the clear.
    store(localStorage, nameOf(document.body.dataset.account, `${channel} sealed`), field.value ? "yes" : "");
    return kept.keepNote(name, field.value || null);
  };
  field.addEventListener("input", () => {
    clearTimeout(resting);
    resting = setTimeout(keep, REST);
  });
  // What was typed before this was here, or was kept by another session.
  if (field.value) keep();
  // A script empties it when it is sent.
  form.addEventListener("submit", () => setTimeout(keep));
  // Who signs out has just had it forgotten.
  addEventListener("pagehide", () => { if (!find("form[data-left]")) keep(); });
}
