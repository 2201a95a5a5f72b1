// Enhances the page that invites somebody: says beforehand what a link lacks without the holder's key.
import { find, say } from "../page.mjs";
import { ownKey } from "./own.mjs";

say("own", (await ownKey(find("#own-key").dataset.key)).is);
