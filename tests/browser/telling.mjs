// Notifications, the installed app, its worker and what other apps share, below a path of a host.
import { lookAt } from "./looks.mjs";
import {
  answered, assert, freePort, makeChannel, makeToken, newPerson, noFaults, setUp, startBrowser, tell, write,
} from "./support.mjs";

const port = await freePort();
const base = `http://127.0.0.1:${port}/inside/box`;

await tell("the telling story", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { serviceWorkers: "allow" });
  const { page, context } = mara;
  const mounted = { ...server, address: base };
  await setUp(page, mounted);
  const channel = await makeChannel(page, mounted, "Orders");

  step("starts a worker for the pages below the path, and for no others");
  await page.goto(`${base}/inbox`);
  const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
  assert.equal(scope, `${base}/`);
  const foreign = await page.evaluate(async () => {
    try {
      await navigator.serviceWorker.register("/elsewhere.js");
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(foreign, "TypeError", "only the one policy makes addresses of scripts");

  step("says what this browser can, and subscribes it as far as that goes without a network");
  await context.grantPermissions(["notifications"], { origin: new URL(base).origin });
  await page.goto(`${base}/profile/notifications`);
  const said = () => page.textContent("[data-say=telling]:not([hidden])");
  await page.waitForSelector("[data-say=telling][data-is=off]:not([hidden])");
  await page.click("text=Notify me in this browser");
  // Chromium asks a service of its maker, which is not here.
  await page.waitForSelector("[data-is=failed]:not([hidden]), .things .name", { timeout: 60000 });
  console.log((await said()).replaceAll(/\s+/g, " ").trim());

  step("keeps what is chosen");
  await page.check("[name=sound]");
  await page.check("[name=quiet]");
  await page.check("[value=first]");
  await answered(page, () => page.click("text=Save >> nth=0"), "is saved");
  assert.ok(await page.isVisible("[name=shown]"));
  assert.ok(await page.isChecked("[name=sound]") && await page.isChecked("[name=quiet]"));
  await page.selectOption("#channel-level", "none");
  await answered(page, () => page.click("text=Save for this channel"), "is saved");
  assert.match(await page.textContent("#one ul"), /Orders: Nothing/);
  await lookAt(page, "notifications");

  step("can be installed");
  const session = await context.newCDPSession(page);
  const manifest = await session.send("Page.getAppManifest");
  assert.deepEqual(manifest.errors, []);
  assert.ok(manifest.url.endsWith("/inside/box/manifest.webmanifest"), manifest.url);
  const guest = await context.newPage();
  const link = `${base}/c/${channel}#${await makeToken(page, mounted, channel, "Bert")}`;
  await guest.goto(link);
  await guest.waitForSelector("link[rel=manifest][href^='blob:']", { state: "attached" });
  const chromium = await context.newCDPSession(guest);
  const theirs = await chromium.send("Page.getAppManifest");
  assert.deepEqual([theirs.errors, theirs.manifest.startUrl], [[], link]);
  // A context of a test is a private window, which is the only thing that stands in the way.
  const { installabilityErrors } = await chromium.send("Page.getInstallabilityErrors");
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"), []);
  await guest.close();

  step("takes what another app shares to the channel that is chosen");
  await page.goto(`${base}/inbox`);
  await page.evaluate((address) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", enctype: "multipart/form-data", action: `${address}/share` });
    for (const [name, value] of [["title", "A title"], ["text", "Grüße"], ["url", "https://example.org/"]]) {
      form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    const input = Object.assign(document.createElement("input"), { type: "file", name: "file" });
    const files = new DataTransfer();
    files.items.add(new File(["zebra"], "Übersicht.txt", { type: "text/plain" }));
    input.files = files.files;
    form.append(input);
    document.body.append(form);
    form.submit();
  }, base);
  await page.waitForSelector("[data-say=given][data-is=some]:not([hidden])");
  assert.equal(new URL(page.url()).pathname, "/inside/box/share");
  assert.match(await page.textContent("#given-files"), /Übersicht.txt/);
  await page.click("main .things a:has-text('Orders')");
  await page.waitForFunction(() => document.querySelector("#text").value.includes("Grüße"));
  assert.equal(await page.inputValue("#text"), "A title\nGrüße\nhttps://example.org/");
  await page.waitForSelector("text=Übersicht.txt");
  assert.ok(page.url().endsWith(`/channels/${channel}`), page.url());
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector(".filename:has-text('Übersicht.txt')");
  await page.waitForFunction(() => document.querySelector("#text").value === "");
  // Whoever leaves while a file is on its way is asked first.
  await page.waitForFunction(() => !document.querySelector("#outgoing :is([data-state=waiting], [data-state=sending])"));
  await page.goto(`${base}/share`);
  await page.waitForSelector("[data-say=given][data-is=none]:not([hidden])");

  step("is told on when its push service gives it another address");
  const telling = `${base}/profile/notifications`;
  await page.goto(telling);
  const [worker] = context.serviceWorkers();
  const renewed = (old) => worker.evaluate(async (before) => {
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const point = await crypto.subtle.exportKey("raw", pair.publicKey);
    const getKey = (name) => (name === "auth" ? new Uint8Array(16).buffer : point);
    const newSubscription = { endpoint: `https://push.example.org/${before ? "second" : "first"}`, getKey };
    let done;
    const about = { oldSubscription: before && { endpoint: before }, newSubscription, waitUntil: (end) => (done = end) };
    self.dispatchEvent(Object.assign(new Event("pushsubscriptionchange"), about));
    await done;
  }, old);
  for (const old of ["", "https://push.example.org/first"]) {
    await renewed(old);
    await page.goto(telling);
    assert.equal(await page.locator(".things .sub:has-text('by push.example.org')").count(), 1);
  }

  step("says when there is no network, and keeps no message");
  await context.setOffline(true);
  await page.goto(`${base}/channels/${channel}`);
  assert.match(await page.textContent("h1"), /You are offline/);
  const style = await page.evaluate(() => getComputedStyle(document.querySelector(".card")).borderRadius);
  assert.notEqual(style, "0px", "with its style");
  const kept = await page.evaluate(async () => {
    const cache = await caches.open("peerbox-shell");
    return (await cache.keys()).map(({ url }) => new URL(url).pathname.replace(/\/assets\/[^/]+/, "/assets/X"));
  });
  assert.deepEqual(kept.sort(), ["/inside/box/assets/X/icon.svg", "/inside/box/assets/X/style.css", "/inside/box/offline"]);
  await context.setOffline(false);
  await answered(page, () => page.click("text=Try again"));
  await page.waitForSelector("#text");

  step("tells a browser nothing more that signs out, and keeps nothing that was shared");
  await page.evaluate(async (address) => {
    await (await caches.open("peerbox-given")).put(`${address}/share/text`, new Response("zebra"));
    const unsubscribe = async () => sessionStorage.setItem("unsubscribed", "yes");
    const subscription = { endpoint: "https://push.example.org/second", unsubscribe };
    const registration = { pushManager: { getSubscription: async () => subscription } };
    navigator.serviceWorker.getRegistration = async () => registration;
  }, base);
  const left = page.waitForRequest((request) => request.url() === `${base}/logout`);
  await page.click("summary[title=Account]");
  await page.click("form[data-leaves] button");
  assert.equal(new URLSearchParams((await left).postData()).get("endpoint"), "https://push.example.org/second");
  await page.waitForURL(`${base}/login**`);
  const after = await page.evaluate(async () => [sessionStorage.getItem("unsubscribed"), await caches.has("peerbox-given")]);
  assert.deepEqual(after, ["yes", false]);
  // What was provoked: a script that the policy does not know, and a push service that is not there.
  mara.faults = mara.faults.filter((one) => !/TrustedScriptURL|Push API|ERR_INTERNET_DISCONNECTED/.test(one));
  noFaults(mara);
}, { LISTEN: `127.0.0.1:${port}`, PEERBOX_SERVER__BASE_URL: base });

const other = await freePort();
await tell("the telling story on plain http", async ({ server, step }) => {
  const elsewhere = await startBrowser(["--host-resolver-rules=MAP box.test 127.0.0.1"]);
  try {
    const mara = await newPerson(elsewhere);
    const { page } = mara;
    const named = { address: server.address.replace("127.0.0.1", "box.test"), setup: server.setup.replace("127.0.0.1", "box.test") };
    await setUp(page, named);
    const channel = await makeChannel(page, named, "Orders");
    const token = await makeToken(page, named, channel, "Web shop");

    step("offers a sound, and no notification that would never come");
    await page.goto(`${named.address}/profile/notifications`);
    await page.waitForSelector("[data-say=telling][data-is=insecure]:visible");
    assert.equal(await page.isVisible("[name=shown]"), false);
    await page.check("[name=sound]");
    await mara.context.addInitScript(() => {
      globalThis.AudioContext = class extends AudioContext {
        constructor() {
          super();
          globalThis.rang = true;
        }
      };
    });
    await page.goto(`${named.address}/channels`);
    await page.waitForSelector('#live[data-state="on"]', { state: "attached" });
    await write(server, channel, token, "hello");
    await page.waitForFunction(() => globalThis.rang);
    // There, browsers tell that they heed no such header.
    mara.faults = mara.faults.filter((one) => !one.includes("Cross-Origin-Opener-Policy"));
    noFaults(mara);
  } finally {
    await elsewhere.close();
  }
}, { LISTEN: `127.0.0.1:${other}` });
