// Enhances buttons and menus: copies, shows a password, prints; an open menu closes when the reader goes elsewhere.
import { find, findAll, textOf } from "./page.mjs";

const SAID_FOR = 1600;

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const word = find("span", button);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(textOf(source));
    // The button has a name of its own, so nobody hears the word on it.
    const heard = find("#announce");
    heard.textContent = "Copied";
    setTimeout(() => { heard.textContent = ""; }, SAID_FOR);
    if (!word) return;
    const before = word.dataset.word || word.textContent;
    word.dataset.word = before;
    word.textContent = "Copied";
    setTimeout(() => { word.textContent = before; }, SAID_FOR);
  } catch {
    // No clipboard on plain http: the text is selected instead, so that one keystroke copies it.
    getSelection().selectAllChildren(source);
  }
}

/** The button keeps the word for its other state. */
function show(button) {
  const field = document.getElementById(button.dataset.show);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  [button.textContent, button.dataset.word] = [button.dataset.word, button.textContent];
  button.setAttribute("aria-pressed", String(!shown));
  field.focus();
}

export function buttons() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy) copy(button);
    if (button.dataset.show) show(button);
    if ("print" in button.dataset) print();
  });
}

/** Opens upwards where there is no room below. */
function place(menu) {
  const panel = find(".panel", menu);
  panel.classList.remove("up");
  panel.classList.toggle("up", panel.getBoundingClientRect().bottom > innerHeight);
}

export function menus() {
  document.addEventListener("toggle", ({ target }) => target.matches("details.pop[open]") && place(target), true);
  const closeOthers = (event) => {
    for (const menu of findAll("details.pop[open]")) if (!menu.contains(event.target)) menu.open = false;
  };
  document.addEventListener("pointerdown", closeOthers);
  document.addEventListener("focusin", closeOthers);
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && find("details.pop[open]");
    if (!menu) return;
    menu.open = false;
    // It may stand in a head that stays, to which nothing has to be scrolled.
    find("summary", menu).focus({ preventScroll: true });
    // The key is used up: it does not also go back to the list.
    event.preventDefault();
  });
}
