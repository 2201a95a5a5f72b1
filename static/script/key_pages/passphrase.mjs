// Enhances the pages of keys: a copy of a key that a passphrase closes, and which was opened with it once.
import { find } from "../page.mjs";
import { unwrap, wrap } from "../sealing/wrapped.mjs";
import { suggestion, weaknessOf } from "./phrases.mjs";
import { step, Wrong } from "./steps.mjs";

function suggest() {
  const field = find("#phrase");
  field.value = suggestion();
  // It has to be seen to be written down.
  if (field.type === "password") find("[data-show=phrase]").click();
  find("[data-suggested]").hidden = false;
  find("[data-step=phrase] [data-wrong]").hidden = true;
  field.focus();
}

/** `{copy, phrase}` of a secret key, tried; null when the reader goes back. Listens to the page once. */
export async function closeCopy(secret) {
  const [chosen, again] = [find("#phrase"), find("#phrase-again")];
  find("[data-suggest]").onclick = suggest;
  try {
    for (;;) {
      const made = await step("phrase", async () => {
        const phrase = chosen.value;
        const weakness = weaknessOf(phrase);
        if (weakness) throw new Wrong(weakness);
        return { copy: await wrap(secret, phrase), phrase };
      });
      if (made === null) return null;
      again.value = "";
      const isTried = await step("phrase-again", async () => {
        if ((await unwrap(made.copy, again.value)) !== null) return true;
        again.select();
        throw new Wrong("This is not the passphrase that you chose. Type it again, or choose another one.");
      });
      if (isTried) return made;
    }
  } finally {
    chosen.value = again.value = "";
    find("[data-suggested]").hidden = true;
    for (const field of [chosen, again]) {
      if (field.type === "text") find(`[data-show="${field.id}"]`).click();
    }
  }
}
