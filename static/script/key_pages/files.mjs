// Enhances the pages of keys: reads key files of programs, and saves them.
import { find } from "../page.mjs";
import { readKeyFile, writeKeyFile } from "../sealing/key_files.mjs";
import { step, Wrong } from "./steps.mjs";

/** No key file is longer; another file that was taken by mistake is not read into memory. */
const MOST_BYTES = 64 * 1024;

/** What `accept` makes of a key file that somebody chooses or pastes; null when the reader goes back. */
export function fromFile(accept) {
  const [chosen, pasted] = [find("#key-file"), find("#pasted")];
  chosen.value = pasted.value = "";
  return step("open-file", async () => {
    const [file] = chosen.files;
    if (!file && !pasted.value.trim()) throw new Wrong("Choose a file, or paste what stands in one.");
    if (file?.size > MOST_BYTES) throw new Wrong("This is not a key file: it is too large.");
    const text = file ? await file.text() : pasted.value;
    const secret = await readKeyFile(text).catch((error) => { throw new Wrong(error.message); });
    const accepted = await accept(secret);
    chosen.value = pasted.value = "";
    return accepted;
  });
}

/** Saves a secret key as a file in one of the forms of `key_files.mjs`. */
export async function saveFile(secret, form, fingerprint) {
  const file = new Blob([await writeKeyFile(secret, form)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `key-${fingerprint.split(" ")[0]}-${form}.json`;
  link.click();
  // The download has begun by then, and the file does not stay in memory.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
