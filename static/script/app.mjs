// Enhances pages that work without it: starts each of the modules beside it. None of them builds markup from text.
import { buttons, menus } from "./buttons.mjs";
import { forms } from "./forms.mjs";
import { keyboard } from "./keyboard.mjs";
import { leaving } from "./leaving.mjs";
import { live } from "./live.mjs";
import { signals } from "./signals.mjs";
import { times } from "./times.mjs";
import { toasts } from "./toasts.mjs";
import { worker } from "./worker.mjs";
import { zone } from "./zone.mjs";

document.documentElement.classList.add("js");
for (const enhance of [times, buttons, menus, leaving, forms, keyboard, live, signals, toasts, zone, worker]) enhance();
