// Enhances the list of messages and an opened message: starts the modules that only these pages need.
import { days } from "../days/days.mjs";
import { find } from "../page.mjs";
import { SHORTCUTS } from "../shortcuts.mjs";
import { fresh } from "./fresh.mjs";
import { LIST_SHORTCUTS } from "./shortcuts.mjs";
import { opened } from "./opened.mjs";
import { rows } from "./rows.mjs";
import { selecting } from "./selection.mjs";

Object.assign(SHORTCUTS, LIST_SHORTCUTS);
// Days first: they may move rows, one of which gets the focus.
const opens = () => find("[data-box], #opened-here") && import("../sealed/list.mjs").then(({ start }) => start());

// The chosen list may stand outside of what a phone shows of them.
const chosen = () => {
  const [views, one] = [find(".views"), find(".views [aria-current]")];
  const hidden = one ? one.getBoundingClientRect().right - views.getBoundingClientRect().right : 0;
  if (hidden > 0) views.scrollLeft += hidden;
};

for (const enhance of [chosen, days, opened, selecting, rows, fresh, opens]) enhance();
