// What the stories share: a server and a browser of their own, people, and a watch for anything that goes wrong.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strict as assert } from "node:assert";

const require = createRequire(join(process.env.NODE_PACKAGES, "/"));
export const { chromium } = require("playwright-core");
const { HtmlValidate } = require("html-validate");
/** A phone. */
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };
export const axeSource = require.resolve("axe-core/axe.min.js");
export { assert };

/** The rules of the HTML standard. Scripts come from the server itself, so their addresses say which they are. */
const validator = new HtmlValidate({
  root: true,
  elements: ["html5"],
  extends: ["html-validate:standard", "html-validate:document"],
  rules: { "require-sri": "off", "heading-level": "off" },
});

/** What is wrong with the HTML of the pages that this story came to; each answer is looked at as it was sent. */
const invalid = new Set();
const looking = [];

/** One thing, called as several are: `1 accounts`. Numbers may be marked up. */
const THINGS = "accounts|backups|bytes|channels|characters|days|devices|files|hours|keys|messages|minutes|results|seconds|sessions|tokens|users";
const WRONG_PLURAL = new RegExp(`(?<![\\d.,:#\\u202f-])\\b1 (?:(?:access|new|other|sealed|unread) )?(?:${THINGS})\\b`);

async function validate(response) {
  if (!response.request().isNavigationRequest() || !response.headers()["content-type"]?.startsWith("text/html")) return;
  // A page that was left at once has no text any more.
  const text = await response.text().catch(() => "");
  const { results } = text ? await validator.validateString(text) : { results: [] };
  for (const { ruleId, message, line } of results.flatMap((result) => result.messages)) {
    invalid.add(`${new URL(response.url()).pathname}: ${ruleId}: ${message}: ${text.split("\n")[line - 1].trim().slice(0, 120)}`);
  }
  const plural = WRONG_PLURAL.exec(text.replaceAll(/<[^>]*>|\s+/g, " ").replaceAll(/ +/g, " "));
  if (plural) invalid.add(`${new URL(response.url()).pathname}: ${plural[0]}`);
  return text !== "";
}

/** A port that was free a moment ago, for a server whose public address must be known before it starts. */
export async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

/** Starts a server in a folder of its own; answers its address and the address of its set-up page. */
export async function startServer({ LISTEN = "127.0.0.1:0", ...settings } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "peerbox-browser-"));
  let running = await run(folder, LISTEN, settings);
  const { address } = running;
  const setup = await waitFor("the set-up address", () => /(http:\S+\/setup\?code=\S+)/.exec(running.said())?.[1]);
  const stop = async () => {
    await running.end("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  };
  /** The same at the same address. */
  const again = async () => { running = await run(folder, new URL(address).host, settings); };
  return { address, setup, stop, again, data: join(folder, "data"), kill: () => running.end("SIGKILL"), said: () => running.said() };
}

/** What the story started: none of it outlives the story. */
const started = new Set();

export function start(command, args, options) {
  const child = spawn(command, args, options);
  started.add(child);
  child.once("exit", () => started.delete(child));
  return child;
}

async function run(folder, listen, settings) {
  const args = ["serve", "--listen", listen, "--data-dir", join(folder, "data"), "--key-file", join(folder, "key")];
  const process_ = start(process.env.PEERBOX, args, { env: { ...process.env, ...settings }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const hear = (chunk) => { said += chunk; };
  process_.stdout.on("data", hear);
  process_.stderr.on("data", hear);
  const address = await waitFor("the server to listen", () => /listening\s+(http:\S+)/.exec(said)?.[1]);
  const end = async (signal) => {
    if (process_.exitCode !== null || process_.signalCode !== null) return;
    process_.kill(signal);
    await new Promise((resolve) => process_.once("exit", resolve));
  };
  return { address, end, said: () => said };
}

/** Starts the browser, without anything that would ask the network. */
export function startBrowser(more = []) {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", ...more];
  return chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args });
}

/** A browser context whose pages report every error, policy violation and unexpected answer into `faults`. */
export async function newPerson(browser, options = {}) {
  // What a test answers in place of the server goes past a service worker, and what that hands on is counted otherwise.
  const context = await browser.newContext({ serviceWorkers: "block", ...options });
  const faults = [];
  context.on("page", (page) => {
    page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("console", (message) => {
      // A form that is shown again answers 422, which Chromium reports; that is meant.
      if (message.type() === "error" && !/status of (422|4\d\d)/.test(message.text())) faults.push(`console: ${message.text()}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 500) faults.push(`${response.status()} ${response.url()}`);
      looking.push(validate(response));
    });
  });
  const page = await context.newPage();
  return { context, page, faults };
}

/** Signs in on the page that asks for it. */
export async function signIn(page, { user = "mara", password = "a quiet green garden" } = {}) {
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.keyboard.press("Enter");
}

/** Makes the first account on a fresh server and ends on the form of the first channel. */
export async function setUp(page, server, { account = "Garden Shop", user = "mara", password = "a quiet green garden" } = {}) {
  await page.goto(server.setup);
  await page.fill("#account", account);
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.click("text=Make the account and start");
  await page.waitForURL("**/channels/new?first=1");
  return { account, user, password };
}

/** Makes a channel through its form and answers its id. */
export async function makeChannel(page, server, name, preset = "both") {
  await page.goto(`${server.address}/channels/new`);
  await page.fill("#label", name);
  await page.check(`input[value=${preset}]`);
  await page.click("text=Make the channel");
  return madeChannel(page);
}

/** The channel that was just made, once its page is there. */
export async function madeChannel(page) {
  const address = /\/channels\/(?!new$)([^/]+)$/;
  await page.waitForURL((url) => address.test(url.pathname));
  return address.exec(new URL(page.url()).pathname)[1];
}

/** Makes a key whose copy is kept under a passphrase, and ends where it is ready. */
export async function makeKey(page, server, phrase = "seven quiet zebras graze") {
  await page.goto(`${server.address}/profile/keys/new`);
  await page.click("button:has-text('A passphrase')");
  await page.fill("#phrase", phrase);
  await page.click("text=Continue");
  await page.fill("#phrase-again:visible", phrase);
  await page.click("text=Try it");
  await page.waitForSelector("text=Your key is ready");
}

/** Issues a token through its form and answers its secret. */
export async function makeToken(page, server, channel, label) {
  await page.goto(`${server.address}/channels/${channel}/tokens`);
  await page.fill("#label", label);
  await page.click("text=Make the token");
  return (await page.textContent("#secret")).trim();
}

/** A call of the account API by the holder: what is sent with it makes it a POST. */
export async function owner(server, path, body) {
  const authorization = `Basic ${Buffer.from("mara:a quiet green garden").toString("base64")}`;
  const headers = { authorization, "content-type": "application/json" };
  const asked = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
  return (await fetch(`${server.address}/api/v1/account/1${path}`, asked)).json();
}

/** Writes a message with the API, as a counterparty does. */
export async function write(server, channel, token, body, type = "text/plain") {
  const answer = await fetch(`${server.address}/api/v1/channel/${channel}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": type },
    body,
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** Does what has the server answer with a page, and waits until all of that is here: on its way it has no rows to count, and
    the next step would cross it. With `words`, the page has to tell them of what was done. */
export async function answered(page, act, words) {
  // The page before comes to its end first, so that the end waited for is the next one's.
  await page.waitForLoadState();
  await Promise.all([page.waitForEvent("load"), act()]);
  if (words) assert.ok((await page.locator("#flash").allTextContents()).join().includes(words), `not told: ${words}`);
}

/** Waits until a message that a script sends has arrived: it stands among the others, and none is on its way. */
export async function sent(page, words) {
  await page.waitForSelector(`#talk .own .say:has-text('${words}')`);
  await page.waitForSelector("#outgoing .say", { state: "detached" });
}

/** Asks again until there is an answer. */
export async function waitFor(what, ask, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs one story with a server and a browser of its own; every fault that was heard fails it. */
export async function tell(name, story, settings) {
  let server;
  let browser;
  let step = "the beginning";
  try {
    server = await startServer(settings);
    browser = await startBrowser();
    await story({ server, browser, step: (words) => { step = words; console.log(`  ${words}`); } });
    step = "all pages, whose HTML was not valid";
    assert.ok((await Promise.all(looking)).some(Boolean), "no page was looked at");
    assert.deepEqual([...invalid], []);
    console.log(`${name}: done`);
  } catch (error) {
    console.error(`${name}: failed after "${step}"\n${error.stack}\n${server?.said() ?? ""}`);
    process.exitCode = 1;
  } finally {
    await browser?.close();
    await server?.stop();
    for (const child of started) child.kill("SIGKILL");
  }
}

/** Fails when a person's pages had any fault. */
export function noFaults(person) {
  assert.deepEqual(person.faults, []);
}
