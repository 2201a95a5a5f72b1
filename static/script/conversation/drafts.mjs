// Enhances fields that people write long texts into: what is typed stays in this browser until it was sent.
import { nameOf } from "../leaving.mjs";
import { find, findAll } from "../page.mjs";

/** What was sent from this tab and is not known to have arrived. */
const SENT = "peerbox sent ";

/**
 * What becomes of a draft when a page is shown: the text of the field, and what is kept. `written` is what the page
 * itself says, as after a refusal; `arrived`, whether it says that something was done.
 */
export function settle({ written, kept, sent, arrived }) {
  if (written) return { text: written, kept: written };
  if (sent && kept === sent && arrived) return { text: "", kept: "" };
  return { text: kept, kept };
}

function store(place, name, text) {
  try {
    if (text) place.setItem(name, text);
    else place.removeItem(name);
  } catch {
    // No room, or a browser that keeps nothing: writing goes on without a draft.
  }
}

export function drafts() {
  const account = document.body.dataset.account;
  if (!account) return;
  const arrived = Boolean(find("#flash.ok")) && !find("#problems");
  for (const field of findAll("[data-draft]")) {
    const name = nameOf(account, field.form.action, field.name);
    const { text, kept } = settle({
      written: field.value,
      kept: localStorage.getItem(name) || "",
      sent: sessionStorage.getItem(SENT + name) || "",
      arrived,
    });
    store(sessionStorage, SENT + name, "");
    store(localStorage, name, kept);
    if (field.value !== text) field.value = text;
    field.addEventListener("input", () => store(localStorage, name, field.value));
    field.form.addEventListener("submit", () => store(sessionStorage, SENT + name, field.value));
  }
}
