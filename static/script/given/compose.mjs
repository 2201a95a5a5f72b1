// Enhances the place to write with what another app gave: it stands there as if it had been typed and chosen.
import { find } from "../page.mjs";
import { forget, given } from "./kept.mjs";

const changed = (element, kind) => element.dispatchEvent(new Event(kind, { bubbles: true }));

export async function compose() {
  const one = await given().catch(() => null);
  const [text, files] = [find("#text"), find("#files")];
  if (!one || !text) return;
  if (one.text) {
    text.value = [text.value, one.text].filter(Boolean).join("\n");
    changed(text, "input");
  }
  if (one.files.length > 0 && files) {
    const chosen = new DataTransfer();
    for (const file of one.files) chosen.items.add(file);
    files.files = chosen.files;
    changed(files, "change");
  }
  history.replaceState(null, "", location.pathname);
  await forget();
  text.focus();
}
