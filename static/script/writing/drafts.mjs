// Enhances forms that people write into: what is typed stays in this browser until the server has taken it.
import { nameOf, store, SENT } from "../leaving.mjs";
import { find, findAll, unfold } from "../page.mjs";

/** Neither secrets nor what the page itself gave. */
const LEFT_OUT = ["hidden", "password", "file", "submit", "button", "reset"];

const isBox = (type) => type === "checkbox" || type === "radio";

function asGiven(field) {
  if (isBox(field.type)) return field.defaultChecked;
  if (field.type !== "select-one") return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) || field.options[0])?.value;
}

const partOf = (field) => (isBox(field.type) ? "checked" : "value");

const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !LEFT_OUT.includes(field.type));

/** What of a form was typed: place, name and value of each field. `all` counts what the page brought back, too. */
export const changesOf = (fields, all) => fields
  .map(({ name, given, typed }, at) => [at, name, typed, given])
  .filter(([, , typed, given]) => all || typed !== given)
  .map(([at, name, typed]) => [at, name, typed]);

/** What of a draft is news to a form. A form that has another field in that place by now keeps it. */
export const newsOf = (changes, fields) =>
  changes.filter(([at, name, typed]) => fields[at]?.name === name && fields[at].given !== typed);

const factsOf = (form) => fieldsOf(form).map((field) =>
  ({ name: field.name, given: asGiven(field), typed: field[partOf(field)] }));

const nameFor = (form) => nameOf(document.body.dataset.account, form.getAttribute("action"));

/** A page that says what is wrong has what was typed in the place of what the server has. */
const isRefused = () => Boolean(find("#problems"));

export function keep(form) {
  // Where answers are sealed nothing is kept in the clear.
  if (form.dataset.keep === undefined) return;
  const changes = changesOf(factsOf(form), isRefused());
  store(localStorage, nameFor(form), changes.length ? JSON.stringify(changes) : "");
}

/** Says that the fields are not what the server has, and offers that instead. */
function tellRestored(form) {
  const pattern = find("#restored");
  if (!pattern) return;
  const note = pattern.content.firstElementChild.cloneNode(true);
  find("button", note).addEventListener("click", () => {
    form.reset();
    form.dispatchEvent(new Event("input", { bubbles: true }));
    note.remove();
  });
  form.prepend(note);
}

function restore(form) {
  if (isRefused()) return;
  const fields = fieldsOf(form);
  const news = newsOf(JSON.parse(localStorage.getItem(nameFor(form)) || "[]"), factsOf(form));
  for (const [at, , typed] of news) {
    fields[at][partOf(fields[at])] = typed;
    unfold(fields[at]);
  }
  if (news.length) tellRestored(form);
  // For whatever else follows the fields; and what the server has by now is no draft any more.
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

export function drafts() {
  if (!document.body.dataset.account) return;
  for (const form of findAll("form[data-keep]")) {
    form.addEventListener("input", () => keep(form));
    restore(form);
    // The server need not send it back.
    const told = Object.assign(document.createElement("input"), { type: "hidden", name: "kept", value: "yes" });
    form.append(told);
    form.addEventListener("submit", (event) => {
      const name = nameFor(form);
      if (!event.defaultPrevented) store(sessionStorage, SENT + name, localStorage.getItem(name));
    });
  }
}
