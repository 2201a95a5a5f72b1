// Enhances a counterparty's page with what few look at: the numbers of the key to compare, and forgetting on this device.
import { menus } from "../buttons.mjs";
import { find } from "../page.mjs";
import { aloud } from "../sealing/fingerprint.mjs";
import { base64Of } from "../sealing/text.mjs";

/** Fills the panel once: `fingerprint` is that of the proven key, or null. */
export function fill(device, fingerprint) {
  menus();
  find("#forget button").onclick = async () => {
    await device.forget();
    // Without its link this address opens nothing.
    location.replace(location.pathname);
  };
  if (!fingerprint) return;
  const same = find("#compare input");
  find("#numbers").textContent = aloud(fingerprint);
  find("#compare").hidden = false;
  same.checked = !find("#compared").hidden;
  same.onchange = async () => {
    await device.verify(same.checked ? base64Of(fingerprint) : null);
    find("#compared").hidden = !same.checked;
  };
}
