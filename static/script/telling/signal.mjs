// Enhances open pages: a sound, or a notification of the system, for what came while a page is open.
import { base } from "../page.mjs";
import { registered } from "../worker.mjs";

/** Of all open pages of a browser, one gives the signal; and no two come within this time. */
const APART = 2000;

function ring() {
  const audio = new AudioContext();
  const [tone, loudness] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = 880;
  loudness.gain.setValueAtTime(0.15, audio.currentTime);
  loudness.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.4);
  tone.connect(loudness).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.4);
  tone.onended = () => audio.close();
}

async function notify() {
  if (!document.hidden || globalThis.Notification?.permission !== "granted") return;
  const worker = await registered();
  // A browser that is subscribed hears of it from its push service.
  if (await worker?.pushManager?.getSubscription()) return;
  await worker?.showNotification("New message", { tag: "peerbox open", data: `${location.origin}${base()}/inbox` });
}

export function signal({ sound, shown }) {
  // Over plain http pages cannot take turns.
  if (!navigator.locks) return sound && ring();
  return navigator.locks.request("peerbox signal", { ifAvailable: true }, async (turn) => {
    if (!turn) return;
    if (sound) ring();
    if (shown) await notify();
    await new Promise((resolve) => setTimeout(resolve, APART));
  });
}
