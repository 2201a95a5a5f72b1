// Enhances open pages with a sound or a notification for what comes, in browsers where somebody wants that.
import { CAME } from "./counts.mjs";

/** What this browser keeps of it: whether there is a sound, and whether there is a notification. */
export const WANTED = "peerbox signals";

export function wanted() {
  try {
    return JSON.parse(localStorage.getItem(WANTED)) || {};
  } catch {
    return {};
  }
}

export function signals() {
  document.addEventListener(CAME, async () => {
    const { sound, shown } = wanted();
    if (sound || shown) (await import("./telling/signal.mjs")).signal({ sound, shown });
  });
}
