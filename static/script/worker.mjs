// Enhances nothing that is seen: has the browser start the worker, which shows notifications and says when it is offline.
import { base } from "./page.mjs";

const policyOf = (address) =>
  window.trustedTypes?.createPolicy("peerbox-worker", {
    // The one script that may be started from an address that is put together.
    createScriptURL: (text) => {
      if (text !== address) throw new TypeError("This is not the worker.");
      return text;
    },
  });

let registering;

/** Its registration; nothing where browsers have no workers, or start none for this address. */
export function registered() {
  registering ||= (async () => {
    if (!navigator.serviceWorker) return null;
    // Of each version it is another one, which keeps what that version is drawn with.
    const address = `${base()}/sw.js?${/\/assets\/([^/]+)\//.exec(import.meta.url)[1]}`;
    const script = policyOf(address)?.createScriptURL(address) ?? address;
    try {
      await navigator.serviceWorker.register(script, { scope: `${base()}/` });
      return await navigator.serviceWorker.ready;
    } catch {
      return null;
    }
  })();
  return registering;
}

export function worker() {
  registered();
}
