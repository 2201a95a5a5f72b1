// Enhances the pages of keys: what can be done with a key as long as its secret half is at hand.
import { find } from "../page.mjs";
import { aloud, fingerprintOf } from "../sealing/fingerprint.mjs";
import { pairOf } from "../sealing/keys.mjs";
import { unwrap } from "../sealing/wrapped.mjs";
import { publish, storedCopy } from "./account.mjs";
import { saveFile } from "./files.mjs";
import { putOnPaper } from "./paper.mjs";
import { closeCopy } from "./passphrase.mjs";
import { step, Wrong } from "./steps.mjs";

/** Whether the copy that the server gives out opens with the passphrase and is that of the secret key. */
export async function isStored(secret, publicKey, phrase) {
  try {
    const opened = await unwrap(await storedCopy(publicKey), phrase);
    return opened !== null && opened.every((byte, index) => byte === secret[index]);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return false;
  }
}

/** Keeps another copy of a key that the account has. */
async function keepCopy(secret, publicKey) {
  const made = await closeCopy(secret);
  if (made === null) return "";
  await publish(publicKey, { copy: made.copy });
  const isAsMade = await isStored(secret, publicKey, made.phrase);
  find("[data-hand=unlike]").hidden = isAsMade;
  if (!isAsMade) return "";
  return "The copy on this server is closed with that passphrase now. The previous one is gone.";
}

async function act(what, { secret, publicKey, fingerprint }) {
  if (what === "phrase") return keepCopy(secret, publicKey);
  if (what === "sheet") return (await putOnPaper(secret)) ? "The sheet works." : "";
  await saveFile(secret, what, fingerprint);
  return "The file is saved where your browser saves things.";
}

/** Stays on the last step with keys at hand: `secrets` as bytes, and `title` over them. Whoever has just made a copy is not
    asked for another. Ends when the page is left. */
export async function atHand(secrets, title, { isKept, isAsMade = true, isCopied = false }) {
  const keys = await Promise.all(secrets.map(async (secret) => {
    const { publicKey } = await pairOf(secret);
    return { secret, publicKey, fingerprint: aloud(await fingerprintOf(publicKey)) };
  }));
  const here = find("[data-step=hand]");
  const which = find("#which");
  const words = find("[data-fingerprint]", here);
  which.replaceChildren(...keys.map((key, at) => new Option(key.fingerprint, at)));
  find("[data-which]").hidden = keys.length === 1;
  words.hidden = keys.length > 1;
  words.textContent = keys[0].fingerprint;
  find("[data-title]").textContent = title;
  find("[value=phrase]", here).hidden = isCopied && isAsMade;
  find("[data-hand=unkept]").hidden = isKept;
  find("[data-hand=unlike]").hidden = isAsMade;
  addEventListener("pagehide", () => keys.forEach((key) => key.secret.fill(0)));
  for (let wrong = null; ; ) {
    const what = await step("hand", (_, value) => value, wrong);
    wrong = null;
    const said = await act(what, keys[which.value]).catch((error) => {
      if (!(error instanceof Wrong)) throw error;
      wrong = error;
      return "";
    });
    find("[data-said]").textContent = said;
  }
}
