// Enhances all pages from behind: shows notifications, and says when there is no network. It keeps that one page with what it is
// drawn with, and nothing else: no message, and no answer of the API.

const SHELL = "peerbox-shell";

const at = (path) => new URL(path, self.registration.scope).href;

async function keepShell() {
  const answer = await fetch(at("offline"), { credentials: "omit", cache: "reload" });
  if (!answer.ok) throw new Error(`The page for times without a network is not there: ${answer.status}`);
  const named = (await answer.clone().text()).matchAll(/(?:href|src)="([^"#]*\/assets\/[^"#]*)/g);
  const files = new Set([...named].map(([, path]) => at(path)));
  const cache = await caches.open(SHELL);
  await cache.addAll([...files]);
  await cache.put(at("offline"), answer);
  for (const { url } of await cache.keys()) {
    if (url !== at("offline") && !files.has(url)) await cache.delete(url);
  }
}

/** What the network says, or what was kept. */
async function fromNetwork(request, kept) {
  try {
    return await fetch(request);
  } catch (error) {
    const answer = await caches.match(kept, { cacheName: SHELL });
    if (answer) return answer;
    throw error;
  }
}

self.addEventListener("install", (event) => event.waitUntil(keepShell().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const GIVEN = "peerbox-given";

/** Keeps what another app shares until its page has it: a form of that app has no token of ours, so none goes to the server. */
async function keepGiven(request) {
  const form = await request.formData();
  const cache = await caches.open(GIVEN);
  for (const kept of await cache.keys()) await cache.delete(kept);
  const texts = ["title", "text", "url"].map((name) => form.get(name)).filter(Boolean);
  await cache.put(at("share/text"), new Response(texts.join("\n")));
  for (const [number, file] of form.getAll("file").entries()) {
    const headers = { "content-type": file.type || "application/octet-stream", "x-name": encodeURIComponent(file.name) };
    await cache.put(at(`share/file/${number}`), new Response(file, { headers }));
  }
  return Response.redirect(at("share"), 303);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "POST" && request.url === at("share")) return event.respondWith(keepGiven(request));
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  if (request.mode === "navigate") event.respondWith(fromNetwork(request, at("offline")));
  else if (request.url.startsWith(at("assets/"))) event.respondWith(fromNetwork(request, request.url));
});

self.addEventListener("push", (event) => {
  // A browser wants something shown for everything that comes.
  let told = {};
  try {
    told = event.data.json();
  } catch {
    // Nothing was told, or not by us.
  }
  const { title = "New message", body = "", tag = "", navigate = "inbox" } = told.notification || {};
  const shown = self.registration.showNotification(title, { body, tag, renotify: tag !== "", data: at(navigate) });
  const badge = Number(told.app_badge);
  event.waitUntil(Promise.all([shown, badge > 0 ? navigator.setAppBadge?.(badge) : undefined]));
});

/** The value of a field, or of an attribute, on a page of ours. */
const valueOn = (page, name) => new RegExp(`${name}="([^"]*)"`).exec(page)?.[1];

const textOf = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The push service has another address for this browser, which the server is told as if the page had subscribed anew. */
async function renew({ oldSubscription: old, newSubscription }) {
  const answer = await fetch(at("profile/notifications"), { credentials: "same-origin", redirect: "manual" });
  // Whoever is signed out is told nothing.
  if (!answer.ok) return;
  const page = await answer.text();
  const manager = self.registration.pushManager;
  const key = valueOn(page, "data-key");
  const made = newSubscription || (await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  const body = new URLSearchParams({
    csrf: valueOn(page, 'name="csrf" value'),
    endpoint: made.endpoint,
    p256dh: textOf(made.getKey("p256dh")),
    auth: textOf(made.getKey("auth")),
    before: old?.endpoint || "",
  });
  await fetch(at("profile/notifications/browsers"), { method: "POST", credentials: "same-origin", redirect: "manual", body });
}

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function open(address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const here = pages.find((page) => page.url === address);
  if (here) return here.focus();
  return self.clients.openWindow(address);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = event.notification.data || at("inbox");
  if (address.startsWith(self.registration.scope)) event.waitUntil(open(address));
});
