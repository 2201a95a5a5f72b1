// Enhances the list of keys: says which of them this device has, and forgets them.
import { forgetOpened, forgetSealed } from "../device/forgetting.mjs";
import { OwnKeys } from "../keys/own_keys.mjs";
import { find, say } from "../page.mjs";
import { nameOfKey } from "../sealing/envelope.mjs";
import { listed, stateOf } from "./account.mjs";
import { canHaveKeys } from "./support.mjs";

async function start() {
  const own = await OwnKeys.open();
  const keys = listed().map((key) => ({
    ...key,
    hasCopy: "hasCopy" in key.element.dataset,
  }));
  const show = () => {
    const names = new Set(own.pairs.map((pair) => nameOfKey(pair.publicKey)));
    const has = (key) => names.has(key.name);
    for (const key of keys) {
      find("[data-here=yes]", key.element).hidden = !has(key);
      find("[data-here=no]", key.element).hidden = has(key);
    }
    say("device", stateOf(keys, has));
    const copied = new Set(keys.filter((key) => key.hasCopy).map((key) => key.name));
    const uncopied = [...names].filter((name) => !copied.has(name)).length;
    find("#uncopied").textContent = uncopied === 1 ? "one key" : `${uncopied} keys`;
    find("[data-forget=lost]").hidden = uncopied === 0;
    find("#forget").hidden = names.size === 0;
  };
  show();
  // Other pages lead here from what they could not open.
  if (location.hash === "#add") find("#add:not([hidden]) a")?.focus();
  find("#forget").addEventListener("submit", async (event) => {
    event.preventDefault();
    forgetSealed();
    await Promise.all([own.forget(), forgetOpened()]);
    show();
    find("#forgotten").hidden = false;
    find("#forgotten").scrollIntoView({ block: "center" });
  });
}

if (await canHaveKeys()) await start();
