// Enhances the page of notifications: says whether this browser is told, and subscribes it.
import { store } from "../leaving.mjs";
import { find, say } from "../page.mjs";
import { WANTED, wanted } from "../signals.mjs";
import { canSubscribe, sameKey, stateOf } from "./state.mjs";
import { registered } from "../worker.mjs";

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

const textOf = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function show(state) {
  say("telling", state);
  say("telling-do", canSubscribe(state) ? "can" : "cannot");
}

async function start(form) {
  const key = bytesOf(form.dataset.key);
  const worker = await registered();
  const able = Boolean(worker?.pushManager) && "Notification" in window;
  const subscription = able ? await worker.pushManager.getSubscription() : null;
  const state = stateOf({
    secure: isSecureContext,
    able,
    apple: "standalone" in navigator && !navigator.standalone,
    permission: able ? Notification.permission : "default",
    subscribed: Boolean(subscription),
    current: sameKey(subscription?.options.applicationServerKey, key),
  });
  show(state);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") {
        show(Notification.permission === "denied" ? "denied" : "off");
        return;
      }
      // A subscription with another key would be in the way.
      if (state === "other") await subscription.unsubscribe();
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      find("[name=endpoint]", form).value = made.endpoint;
      for (const name of ["p256dh", "auth"]) find(`[name=${name}]`, form).value = textOf(made.getKey(name));
      form.submit();
    } catch (error) {
      find("#why").textContent = error.message;
      show("failed");
    }
  });
}

/** What this browser does while a page is open: kept as soon as it is ticked. */
function signalling(form) {
  for (const [name, is] of Object.entries(wanted())) form.elements[name].checked = is;
  // Over plain http browsers show none, and some have none to show.
  form.elements.shown.closest("label").hidden = !isSecureContext || !("Notification" in window);
  form.addEventListener("change", async ({ target }) => {
    if (target.name === "shown" && target.checked && (await Notification.requestPermission()) !== "granted") {
      target.checked = false;
    }
    const { sound, shown } = form.elements;
    store(localStorage, WANTED, JSON.stringify({ sound: sound.checked, shown: shown.checked }));
  });
}

signalling(find("#signals"));
await start(find("#this-browser"));
