// Enhances the page with the address of a drop page: it names the key that this device has, not one that a server says.
import { find, say } from "../page.mjs";
import { fingerprintOf } from "../sealing/fingerprint.mjs";
import { fragmentOf } from "../sealing/new_link.mjs";
import { ownKey } from "./own.mjs";

const shown = find("#drop-page");
if (shown) {
  const { is, pair } = await ownKey(find("#own-key").dataset.key);
  if (is === "ready") {
    const address = new URL(shown.textContent);
    address.hash = fragmentOf({ fingerprint: await fingerprintOf(pair.publicKey) });
    shown.textContent = address.href;
  }
  say("own", is);
}
