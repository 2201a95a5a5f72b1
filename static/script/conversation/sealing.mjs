// Enhances a conversation: loads what opens and seals messages, where something here is sealed.
import { isNotedSealed } from "../device/noted.mjs";
import { find } from "../page.mjs";

let loading = null;
let loaded = null;

/** Who seals what is sent here, `{composer, sealer}`; null where nothing is sealed. Fails where it could not be loaded. */
export const whoSeals = () => loading ?? Promise.resolve(null);

/** The same at this moment; null also while it is not known. */
export const sealsNow = () => loaded;

/** Whether something here is sealed, as far as anybody knows. */
export const isOn = () => loading !== null;

/** What the server says, what there is, and what this device remembers: one of them is enough. */
function isSealed(talk) {
  const channel = talk.dataset.address.split("/").at(-1);
  return find("#say")?.hasAttribute("data-sealed") || find("[data-box]", talk) || isNotedSealed(channel);
}

export function sealing() {
  const talk = find("#talk");
  if (!talk) return;
  const look = () => {
    if (loading || !isSealed(talk)) return;
    loading = import("../sealed/main.mjs").then(({ start }) => start(talk));
    // Whoever sends is told that it failed; messages stay as the server shows them.
    loading.then((who) => { loaded = who; }, () => {});
  };
  document.addEventListener("peerbox:grown", look);
  look();
}
