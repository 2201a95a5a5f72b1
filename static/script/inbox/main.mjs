// Enhances the list of messages and an opened message: starts the modules that only these pages need.
import { SHORTCUTS } from "../shortcuts.mjs";
import { LIST_SHORTCUTS } from "./shortcuts.mjs";
import { opened } from "./opened.mjs";
import { rows } from "./rows.mjs";
import { selection } from "./selection.mjs";

// The times of `app.mjs` may have moved rows, one of which gets the focus.
Object.assign(SHORTCUTS, LIST_SHORTCUTS);
for (const enhance of [opened, selection, rows]) enhance();
