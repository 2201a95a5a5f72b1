// Enhances the pages of keys: a recovery sheet to print, three groups of which are typed back.
import { find, findAll } from "../page.mjs";
import { svgOf } from "../qr/qr.mjs";
import { aloud, fingerprintOf } from "../sealing/fingerprint.mjs";
import { pairOf } from "../sealing/keys.mjs";
import { ofSheet, sheetOf, signsOf } from "../sealing/sheet.mjs";
import { step, Wrong } from "./steps.mjs";

const ASKED = 3;

/** Which groups are asked for, in their order. */
export function someOf(count, random = Math.random) {
  const all = Array.from({ length: count }, (_, at) => at);
  const chosen = Array.from({ length: ASKED }, () => all.splice(Math.floor(random() * all.length), 1)[0]);
  return chosen.sort((one, other) => one - other);
}

function fill(groups) {
  const lines = groups.map((group) => Object.assign(document.createElement("li"), { textContent: group }));
  find("[data-groups]").replaceChildren(...lines);
  const code = groups.length ? [svgOf(groups.join(""), "QR code of the fourteen groups")] : [];
  find("[data-qr]").replaceChildren(...code);
}

/** Whether a secret key is on paper: seen, and typed back in part; null when the reader goes back. */
export async function putOnPaper(secret) {
  const groups = (await sheetOf(secret)).split(" ");
  const { publicKey } = await pairOf(secret);
  find("[data-step=sheet] [data-fingerprint]").textContent = aloud(await fingerprintOf(publicKey));
  const fields = findAll("[data-group]");
  try {
    for (;;) {
      fill(groups);
      if (!(await step("sheet", () => true))) return null;
      fill([]);
      const asked = someOf(groups.length);
      fields.forEach((field, at) => {
        field.value = "";
        field.labels[0].textContent = `Group ${asked[at] + 1}`;
      });
      const isTried = await step("sheet-again", () => {
        const wrong = asked.filter((group, at) => signsOf(fields[at].value) !== groups[group]);
        if (wrong.length === 0) return true;
        const which = wrong.map((group) => group + 1).join(", ");
        throw new Wrong(`Look again: not as it stands on the sheet is ${which}.`);
      });
      if (isTried) return true;
    }
  } finally {
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
