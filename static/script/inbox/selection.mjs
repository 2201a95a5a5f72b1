// Enhances the boxes of the list: all at once, and a range with Shift.
import { find, findAll } from "../page.mjs";

/** The positions between two, both included; only the second where there is no first. */
export function range(from, to) {
  const first = Math.min(from ?? to, to);
  return Array.from({ length: Math.max(from ?? to, to) - first + 1 }, (_, step) => first + step);
}

/** So many messages are not deleted without a question. */
const MANY = 10;

/** The box that was clicked last. */
let anchor = null;

const picks = () => findAll("#messages .pick");

/** Ticks everything from the box that was clicked last to this one. */
export function selectTo(pick) {
  const boxes = picks();
  const to = boxes.indexOf(pick);
  if (to < 0) return false;
  for (const at of range(anchor, to)) boxes[at].checked = true;
  return true;
}

/** Which list it is. */
const address = () => find("#messages [name=back]").value;

/** What is selected, and in which list. */
export const selection = () => [address(), ...picks().filter((pick) => pick.checked).map((pick) => pick.value)];

/** Selects the same in the same list. */
export function select([list, ...keys]) {
  if (list !== address()) return;
  for (const pick of picks()) pick.checked = keys.includes(pick.value);
}

export function selecting() {
  find("#messages")?.addEventListener("submit", ({ target, submitter }) => {
    const isMuch = submitter?.value === "delete" && picks().filter((pick) => pick.checked).length >= MANY;
    find("[name=sure]", target).disabled = isMuch;
  });
  const all = find("#pickall");
  all?.addEventListener("change", () => picks().forEach((pick) => { pick.checked = all.checked; }));
  find("#messages")?.addEventListener("click", (event) => {
    const boxes = picks();
    const to = boxes.indexOf(event.target);
    if (to < 0) return;
    if (event.shiftKey && anchor !== null) for (const at of range(anchor, to)) boxes[at].checked = event.target.checked;
    anchor = to;
    if (all) all.checked = boxes.every((pick) => pick.checked);
  });
}
