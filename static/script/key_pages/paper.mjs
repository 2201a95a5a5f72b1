// Enhances the pages of keys: a recovery sheet to print, which counts when all of it was typed back.
import { find } from "../page.mjs";
import { svgOf } from "../qr/qr.mjs";
import { aloud, fingerprintOf } from "../sealing/fingerprint.mjs";
import { pairOf } from "../sealing/keys.mjs";
import { ofSheet, sheetOf, signsOf } from "./sheet.mjs";
import { step, Wrong } from "./steps.mjs";

/** What is wrong with what somebody typed from a sheet of these groups, as a sentence; nothing when it is that sheet. */
export function slipsIn(typed, groups) {
  const signs = signsOf(typed);
  const length = groups.join("").length;
  if (signs.length !== length) {
    return `A sheet has fourteen groups of four, ${length} letters and digits. These are ${signs.length}.`;
  }
  const wrong = groups.flatMap((group, at) => (signs.slice(4 * at, 4 * at + 4) === group ? [] : [at + 1]));
  return wrong.length ? `Look again: not as it stands on the sheet is ${wrong.join(", ")}.` : "";
}

function fill(groups) {
  const lines = groups.map((group) => Object.assign(document.createElement("li"), { textContent: group }));
  find("[data-groups]").replaceChildren(...lines);
  const code = groups.length ? [svgOf(groups.join(""), "QR code of the fourteen groups")] : [];
  find("[data-qr]").replaceChildren(...code);
}

/** Whether a secret key is on paper: seen, and typed back; null when the reader goes back. */
export async function putOnPaper(secret) {
  const groups = (await sheetOf(secret)).split(" ");
  const { publicKey } = await pairOf(secret);
  find("[data-step=sheet] [data-fingerprint]").textContent = aloud(await fingerprintOf(publicKey));
  const field = find("#typed-back");
  try {
    for (;;) {
      fill(groups);
      if (!(await step("sheet", () => true))) return null;
      fill([]);
      field.value = "";
      const isTried = await step("sheet-again", () => {
        const slips = slipsIn(field.value, groups);
        if (slips) throw new Wrong(slips);
        return true;
      });
      if (isTried) return true;
    }
  } finally {
    field.value = "";
    fill([]);
  }
}

/** What `accept` makes of the key of a sheet that somebody types; null when the reader goes back. */
export function fromPaper(accept) {
  const field = find("#typed");
  field.value = "";
  return step("open-sheet", async () => {
    const secret = await ofSheet(field.value);
    if (!secret) {
      const count = signsOf(field.value).length;
      throw new Wrong(count === 56
        ? "A group is not as it stands on the sheet. Compare them one by one."
        : `A sheet has fourteen groups of four, 56 letters and digits. These are ${count}.`);
    }
    const accepted = await accept(secret);
    field.value = "";
    return accepted;
  });
}
