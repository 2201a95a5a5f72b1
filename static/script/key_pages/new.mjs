// Enhances the page that makes a key: it is published when it can be got back, and that was tried.
import { OwnKeys } from "../keys/own_keys.mjs";
import { find } from "../page.mjs";
import { newSecret, pairOf } from "../sealing/keys.mjs";
import { publish } from "./account.mjs";
import { fromFile } from "./files.mjs";
import { atHand, isStored } from "./hand.mjs";
import { fromPaper, putOnPaper } from "./paper.mjs";
import { closeCopy } from "./passphrase.mjs";
import { step } from "./steps.mjs";
import { canHaveKeys } from "./support.mjs";

/** A key that somebody has already, `{secret, use}`; null when the reader goes back. */
async function imported() {
  for (;;) {
    const chosen = await step("import", (form, value) => ({ from: value, use: form.elements.use.value }));
    if (chosen === null) return null;
    const accept = (secret) => ({ secret, use: chosen.use });
    const found = await (chosen.from === "sheet" ? fromPaper(accept) : fromFile(accept));
    if (found) return found;
  }
}

/** Leads to a key that can be got back, `{key, made}`; `made` is a copy, or true for paper. */
async function prepared() {
  let key = { secret: newSecret(), use: "" };
  for (;;) {
    const way = await step("ways", (_, value) => value);
    if (way === "import") key = (await imported()) ?? key;
    else {
      const made = await (way === "sheet" ? putOnPaper(key.secret) : closeCopy(key.secret));
      if (made !== null) return { key, made };
    }
  }
}

/** On this device first: what fails afterwards can be tried again. */
async function keepHere({ secret, use }) {
  const own = await OwnKeys.open();
  // What is only to open is the last that others are answered with.
  await own.add(secret.slice(), use === "open" ? 0 : Date.now());
  // It may ask the reader, and it may never answer.
  navigator.storage?.persist?.().catch(() => {});
  return own;
}

async function makePublic(publicKey, fields) {
  const published = step("publish", () => publish(publicKey, fields));
  find("[data-step=publish] form").requestSubmit();
  await published;
}

if (await canHaveKeys()) {
  const { key, made } = await prepared();
  const own = await keepHere(key);
  const { publicKey } = await pairOf(key.secret);
  await makePublic(publicKey, { copy: made.copy, use: key.use });
  const isAsMade = made.copy ? await isStored(key.secret, publicKey, made.phrase) : true;
  const title = key.use === "open" ? "The key is here" : "Your key is ready";
  await atHand([key.secret], title, { isKept: own.isKept, isAsMade, isCopied: Boolean(made.copy) });
}
