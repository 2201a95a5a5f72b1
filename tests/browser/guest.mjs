// A counterparty with a link: writes, reads the answer, comes back, and nobody but the two can read a word.
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { once } from "node:events";
import { FROM_OWNER, keyOfName, nameOfKey, pack, SEALED, TO_OWNER, unpack } from "../../static/script/sealing/envelope.mjs";
import { aloud, fingerprintOf } from "../../static/script/sealing/fingerprint.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { fragmentOf, newLinkSecret } from "../../static/script/sealing/new_link.mjs";
import { open, seal } from "../../static/script/sealing/sealed_box.mjs";
import { lookAt, violations } from "./looks.mjs";
import {
  PHONE, answered, assert, freePort, makeChannel, makeToken, newPerson, noFaults, owner, setUp, startBrowser, tell, waitFor, write,
} from "./support.mjs";

const EVERY_IMPACT = ["minor", "moderate", "serious", "critical"];
const bytes = (text) => new TextEncoder().encode(text);
const text = (body) => new TextDecoder().decode(body);

/** What a token's holder sees of the channel. */
async function messages(server, channel, token) {
  const answer = await fetch(`${server.address}/api/v1/channel/${channel}`, { headers: { authorization: `Bearer ${token}` } });
  return answer.json();
}

/** A box whose line is of a form that nobody knows yet. */
const newer = (key) => seal(bytes(`{"v":2,"words":"zebra of tomorrow"}\n${" ".repeat(200)}`), key);

await tell("a counterparty with a link", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  await setUp(mara.page, server);
  const channel = await makeChannel(mara.page, server, "Lena");
  const token = await makeToken(mara.page, server, channel, "Lena");
  const own = await makeToken(mara.page, server, channel, "The shop's program");

  step("the page is the same for every channel and gives no cookie");
  const page_of = async (id) => fetch(`${server.address}/c/${id}`);
  const [known, unknown] = [await page_of(channel), await page_of("nothing")];
  assert.equal(await known.text(), await unknown.text());
  assert.equal(known.headers.get("set-cookie"), null);

  step("opens a link without a key and writes in the clear");
  const lena = await newPerson(browser, PHONE);
  const requests = [];
  lena.page.on("request", (request) => requests.push(`${request.url()} ${request.postData() ?? ""}`));
  await lena.page.goto(`${server.address}/c/${channel}#${token}`);
  await lena.page.waitForSelector("#composer:visible");
  assert.match(await lena.page.innerText(".guesthead"), /Not end-to-end encrypted/);
  await lena.page.fill("textarea", "Are the seedlings back in stock?");
  await lena.page.click("text=Send");
  await lena.page.waitForSelector(".turn.own .say:has-text('seedlings')");
  await lena.page.waitForFunction(() => /^Sent \d\d:\d\d/.test(document.querySelector("#talk .own .state")?.textContent));
  await waitFor("the message", async () => (await messages(server, channel, own)).length === 1);

  step("sees an answer arrive by itself");
  await write(server, channel, own, "They are. Shall I put a tray aside?");
  await lena.page.waitForSelector(".turn:not(.own) .say:has-text('tray aside')");
  assert.deepEqual(await violations(lena.page, EVERY_IMPACT), []);
  assert.ok(requests.every((one) => !one.includes(`token=${token}`)), "no address has the token");

  step("has a draft that survives a reload");
  await lena.page.fill("textarea", "Yes, tw");
  const isKept = (name) => new Promise((resolve) => {
    const opening = indexedDB.open("peerbox guest");
    opening.onsuccess = () => {
      const asked = opening.result.transaction("written").objectStore("written").get(name);
      asked.onsuccess = () => { opening.result.close(); resolve(Boolean(asked.result)); };
    };
  });
  await waitFor("the draft to be kept", () => lena.page.evaluate(isKept, `${channel} draft`));
  assert.equal(await lena.page.evaluate(() => JSON.stringify(localStorage)), "{}", "nothing is kept in the clear");
  await lena.page.reload();
  await lena.page.waitForSelector(".turn.own .say:has-text('seedlings')");
  assert.equal(await lena.page.inputValue("textarea"), "Yes, tw");

  step("the holder publishes a key");
  const pair = await pairOf(newSecret());
  await mara.page.goto(`${server.address}/profile/keys`);
  await mara.page.fill("#key", nameOfKey(pair.publicKey));
  await answered(mara.page, () => mara.page.click("main button:text-is(\"Publish\")"), "The key is published");

  step("a link that names the key seals, and proves who writes");
  const secret = newLinkSecret();
  const fragment = fragmentOf({ token, fingerprint: await fingerprintOf(pair.publicKey), secret });
  const sealed = await newPerson(browser, PHONE);
  const sent = [];
  sealed.page.on("request", (request) => sent.push(`${request.url()}\n${request.postDataBuffer()?.toString("latin1") ?? ""}`));
  await sealed.page.goto(`${server.address}/c/${channel}#${fragment}`);
  await sealed.page.waitForSelector("text=Only you two can read what you write");
  await sealed.page.fill("textarea", "Two trays of zebra grass");
  await sealed.page.click("text=Send");
  await sealed.page.waitForSelector(".turn.own .say:has-text('zebra grass')");
  const box = await waitFor("the sealed message", async () => {
    const last = (await messages(server, channel, own)).at(-1);
    return last.content_type === SEALED && last;
  });
  const link = { secret, channel };
  const letter = await unpack(await open(Buffer.from(box.payload, "base64"), pair), { ...link, direction: TO_OWNER });
  assert.equal(text(letter.body), "Two trays of zebra grass");
  assert.deepEqual([letter.proof, letter.n], ["proven", 1]);

  step("what came over the link stands under no name but the visitor's");
  await sealed.page.waitForSelector(".turn:has(.by b:text-is('Somebody with your link')) .say:has-text('seedlings'):has-text('Not sealed')");

  step("what is refused uses no number, and is not offered again where that is of no use");
  await sealed.page.fill("textarea", "ü".repeat(899_000));
  await sealed.page.click("text=Send");
  await sealed.page.waitForSelector("#outbox .turn:has-text('the most this server takes')");
  assert.equal(await sealed.page.locator("#outbox button:text-is('Try again')").count(), 0);
  await sealed.page.click("#outbox button:text-is('Remove')");

  step("files are seen before they go out, those that cannot are not sent, and all arrive in the order of their numbers");
  const fileOf = (name, size) => ({ name, mimeType: "text/csv", buffer: Buffer.alloc(size, "1;2;3\n") });
  await sealed.page.setInputFiles("input[type=file]", [fileOf("all.csv", 3_000_000), fileOf("none.csv", 0)]);
  await sealed.page.waitForSelector(".chosen .bad:has-text('all.csv'):has-text('the most this server takes')");
  await sealed.page.waitForSelector(".chosen .bad:has-text('none.csv'):has-text('nothing in it')");
  await sealed.page.setInputFiles("input[type=file]", [1, 2, 3, 4].map((one) => fileOf(`${one}.csv`, 400_000 / one)));
  await sealed.page.waitForSelector(".chosen li:has-text('4.csv')");
  await lookAt(sealed.page, "guest-files");
  await sealed.page.click("text=Send");
  assert.equal(await sealed.page.locator("#outbox .turn").count(), 0, "nothing went out");
  for (const name of ["all.csv", "none.csv"]) await sealed.page.click(`.chosen li:has-text('${name}') button`);
  await sealed.page.click("text=Send");
  await sealed.page.waitForFunction(() => document.querySelectorAll("#talk .turn.own .filerow").length === 4);
  const fromHere = (await messages(server, channel, own)).filter((one) => one.content_type === SEALED);
  const opened = fromHere.map(async ({ payload }) => unpack(await open(Buffer.from(payload, "base64"), pair), { ...link, direction: TO_OWNER }));
  assert.deepEqual((await Promise.all(opened)).map(({ n }) => n), [1, 2, 3, 4, 5]);

  step("the answer is opened there, and a forged one is told apart");
  const answer = async (words, using, n = 1) => {
    const about = { body: bytes(words), type: "text/plain; charset=utf-8", n, at: new Date().toISOString() };
    const content = await pack({ ...about, replyTo: pair.publicKey }, { ...using, direction: FROM_OWNER });
    await write(server, channel, own, await seal(content, letter.replyTo), SEALED);
  };
  await answer("Both zebra trays are yours", link);
  await sealed.page.waitForSelector(".turn:not(.own) .say:has-text('zebra trays')");
  await answer("Please pay somebody else", { ...link, secret: newLinkSecret() });
  await sealed.page.waitForSelector(".say:has-text('somebody else'):has-text('Not from the holder')");
  assert.equal(await sealed.page.locator(".say:has-text('zebra trays'):has-text('Not from')").count(), 0);
  assert.equal(await sealed.page.locator(".turn:has(.say:has-text('pay somebody else')) .by b:text-is('Somebody else')").count(), 1);

  step("an answer that is missing, and one that comes twice, are noticed");
  await answer("Come on zebra Friday", link, 3);
  await sealed.page.waitForSelector(".say:has-text('zebra Friday'):has-text('One message of this sender')");
  await answer("Come on zebra Monday", link, 3);
  await sealed.page.waitForSelector(".say:has-text('zebra Monday'):has-text('was here before')");
  assert.equal(await sealed.page.locator(".say:has-text('zebra trays') .wrong").count(), 0);

  step("a link without a secret proves no sender, which is told");
  const bare = await sealed.context.newPage();
  const unproven = fragmentOf({ token, fingerprint: await fingerprintOf(pair.publicKey) });
  await bare.goto(`${server.address}/c/${channel}#${unproven}`);
  await bare.waitForSelector(".turn:not(.own) .say:has-text('zebra trays'):has-text('Sender not proven')");
  await bare.close();

  step("a browser that keeps nothing opens the page all the same");
  const shut = await newPerson(browser, PHONE);
  await shut.context.addInitScript(() => {
    const denied = { get() { throw new DOMException("denied", "SecurityError"); } };
    Object.defineProperty(globalThis, "indexedDB", denied);
  });
  await shut.page.goto(`${server.address}/c/${channel}#${fragment}`);
  await shut.page.waitForSelector("#composer:visible");
  noFaults(shut);

  step("the newest message stands above the composer");
  const [end, bar] = await sealed.page.evaluate(() => [
    document.querySelector("#talk").lastElementChild.getBoundingClientRect().bottom,
    document.querySelector(".composer").getBoundingClientRect().top,
  ]);
  assert.ok(end <= bar, `${end} ${bar}`);

  step("what stands beside the conversation goes when somebody goes on");
  await sealed.page.click("#more > summary");
  await sealed.page.waitForSelector("#compare:visible");
  await sealed.page.keyboard.press("Escape");
  await sealed.page.waitForSelector("#compare", { state: "hidden" });

  step("the key is compared, which this device remembers");
  await sealed.page.click("#more > summary");
  await sealed.page.waitForSelector("#compare:visible");
  assert.equal(await sealed.page.innerText("#numbers"), aloud(await fingerprintOf(pair.publicKey)));
  await lookAt(sealed.page, "guest-key");
  await sealed.page.check("#compare input");
  await sealed.page.waitForSelector("#compared:visible");
  await sealed.page.reload();
  await sealed.page.waitForSelector("#compared:visible");
  await sealed.page.waitForSelector(".say:has-text('zebra Monday'):has-text('was here before')");
  for (const width of [1280, 390, 320]) {
    await sealed.page.setViewportSize({ width, height: 844 });
    assert.equal(await sealed.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${width}`);
    if (process.env.LOOKS) await sealed.page.screenshot({ path: `${process.env.LOOKS}/guest-${width}.png` });
  }
  await sealed.page.setViewportSize(PHONE.viewport);

  step("what a newer program wrote is told so, and is neither a gap nor a forgery");
  await write(server, channel, own, await newer(letter.replyTo), SEALED);
  await sealed.page.waitForSelector(".say:has-text('Written by a newer program')");
  assert.equal(await sealed.page.locator(".say:has-text('newer program') .wrong").count(), 0);

  step("the scripts of a sealed conversation are at most 21 kB on their way");
  const reading = await sealed.context.newPage();
  const loaded = [];
  reading.on("response", (response) => {
    if (response.request().resourceType() === "script") loaded.push(response);
  });
  await reading.goto(`${server.address}/c/${channel}#${fragment}`);
  await reading.waitForSelector(".say:has-text('Both zebra trays')");
  await reading.waitForLoadState("networkidle");
  const lengths = await Promise.all(loaded.map(async (response) => {
    const headers = await response.allHeaders();
    assert.equal(headers["content-encoding"], "gzip", response.url());
    return gzipSync(await response.body(), { level: 9 }).length;
  }));
  const bytesLoaded = lengths.reduce((one, other) => one + other, 0);
  console.log(`    ${lengths.length} scripts, ${bytesLoaded} bytes`);
  assert.ok(lengths.length >= 20 && bytesLoaded <= 21_000, `${bytesLoaded} bytes in ${lengths.length} scripts`);
  await reading.close();

  step("what came unsealed is told apart, and piles of marks stay in their bubble");
  await write(server, channel, own, `In the clear, a${"\u0301".repeat(4000)}`);
  await sealed.page.waitForSelector(".turn:not(.own) .say:has-text('In the clear'):has-text('Not sealed')");
  assert.equal(await sealed.page.locator(".say:has-text('zebra trays'):has-text('Not sealed')").count(), 0);
  const clip = await sealed.page.locator(".say:has-text('In the clear') .text").evaluate((one) => getComputedStyle(one).overflow);
  assert.equal(clip, "clip");

  step("two pages that are opened at once have one pair of keys and count together");
  const twins = await newPerson(browser, PHONE);
  const twin = await twins.page.context().newPage();
  await Promise.all([twins.page, twin].map((one) => one.goto(`${server.address}/c/${channel}#${fragment}`)));
  const numbers = [];
  const senders = new Set();
  for (const [at, one] of [twins.page, twin, twins.page].entries()) {
    await one.waitForSelector("#composer:visible");
    await one.fill("textarea", `zebra twin ${at}`);
    await one.click("text=Send");
    await one.waitForSelector(`.turn.own .say:has-text('zebra twin ${at}')`);
    await one.waitForSelector("[data-state=sending]", { state: "detached" });
    const last = (await messages(server, channel, own)).at(-1);
    const said = await unpack(await open(Buffer.from(last.payload, "base64"), pair), { ...link, direction: TO_OWNER });
    numbers.push(said.n);
    senders.add(nameOfKey(said.replyTo));
  }
  assert.deepEqual([numbers, senders.size], [[1, 2, 3], 1]);
  await twin.reload();
  for (const at of [0, 1, 2]) await twin.waitForSelector(`.turn.own .say:has-text('zebra twin ${at}')`);

  step("comes back on this device and reads what was written");
  await sealed.page.reload();
  await sealed.page.waitForSelector(".turn.own .say:has-text('zebra grass')");
  await sealed.page.waitForSelector(".turn:not(.own) .say:has-text('zebra trays')");
  assert.deepEqual(await violations(sealed.page, EVERY_IMPACT), []);
  for (const one of [...sent, server.said()]) {
    assert.ok(!one.includes("zebra") && !one.includes(fragment.split(".")[2]), one);
  }

  step("a new key leaves the link as it is; when its own is retired, another one under it is refused");
  await mara.page.fill("#key", nameOfKey((await pairOf(newSecret())).publicKey));
  await answered(mara.page, () => mara.page.click("main button:text-is(\"Publish\")"), "The key is published");
  await sealed.page.reload();
  await sealed.page.waitForSelector("text=Only you two can read what you write");
  await sealed.page.waitForSelector("#composer:visible");
  await mara.page.click("[data-key]:not([data-used]) >> text=Retire");
  await answered(mara.page, () => mara.page.click("text=Retire the key"), "The key is retired");
  await sealed.page.reload();
  await sealed.page.waitForSelector("text=The key that this server names is not");
  await lookAt(sealed.page, "guest-other-key");
  assert.equal(await sealed.page.isVisible("#composer"), false);

  step("a link whose time is over ends while its page is open");
  const ends = new Date(Date.now() + 4000).toISOString();
  const soon = await owner(server, `/channel/${channel}/api-token`, { description: "short", can_read: true, expires_at: ends });
  await lena.page.goto("about:blank");
  await lena.page.goto(`${server.address}/c/${channel}#${soon.token}`);
  await lena.page.waitForSelector("text=With this link you may only read");
  await lena.page.waitForSelector("[data-say=write][data-is=revoked]:visible");
  await lookAt(lena.page, "guest-refused");
  await lena.page.goto(`${server.address}/api/v1/channel/${channel}`);
  await lena.page.waitForSelector("text=Here somebody takes messages from those who have a link");
  await lookAt(lena.page, "guest-incomplete");

  step("everybody may write on a drop page, sealed for the key that its address names");
  const open_to_all = await makeChannel(mara.page, server, "Letters", "receive");
  await owner(server, `/channel/${open_to_all}`, { public_write: true });
  const todays = (await (await fetch(`${server.address}/api/v1/channel/${open_to_all}/key`)).json()).key;
  const named = fragmentOf({ fingerprint: await fingerprintOf(keyOfName(todays)) });
  const eva = await newPerson(browser, PHONE);
  await eva.page.goto(`${server.address}/c/${open_to_all}#${named}`);
  await eva.page.waitForSelector("text=you may only write");
  await eva.page.fill("textarea", "Do you deliver zebras?");
  await eva.page.click("text=Send");
  await eva.page.waitForSelector(".turn.own .say:has-text('deliver zebras')");
  await waitFor("the letter", async () => (await owner(server, `/channel/${open_to_all}`)).head === 1);
  assert.deepEqual(await violations(eva.page, EVERY_IMPACT), []);
  if (process.env.LOOKS) await eva.page.screenshot({ path: `${process.env.LOOKS}/drop-page-390.png` });
  await eva.page.reload();
  await eva.page.waitForSelector(".turn.own .say:has-text('deliver zebras')");
  await mara.page.goto(`${server.address}/channels/${open_to_all}/welcome`);
  assert.ok((await mara.page.textContent("#drop-page")).endsWith(`/c/${open_to_all}#${named}`));
  await lookAt(mara.page, "welcome");

  step("a page of another origin gets neither a frame nor what is in it");
  const other = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(
    `<!doctype html><html lang="en"><head><title>A trap</title></head><body>
    <iframe title="A trap" src="${server.address}/c/${channel}#${token}"></iframe></body></html>`)).listen(0, "127.0.0.1");
  await once(other, "listening");
  const mallory = await newPerson(browser);
  await mallory.page.goto(`http://127.0.0.1:${other.address().port}/`);
  await waitFor("the frame to be refused", () => mallory.page.frames()[1]?.url().startsWith("chrome-error:"));
  const taken = await mallory.page.evaluate((address) => fetch(address).then((answer) => answer.text(), () => null), `${server.address}/c/${channel}`);
  assert.equal(taken, null);
  other.close();

  step("a link that ended says so");
  await lena.page.goto(`${server.address}/c/${channel}`);
  await lena.page.waitForSelector("text=This address is not complete");
  await lena.page.goto("about:blank");
  await lena.page.goto(`${server.address}/c/${channel}#wrong`);
  await lena.page.waitForSelector("text=This link opens nothing any more");
  assert.deepEqual(await violations(lena.page, EVERY_IMPACT), []);
  noFaults(lena);
  noFaults(eva);
  noFaults(sealed);
  noFaults(twins);
});

const port = await freePort();
await tell("a counterparty on plain http", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  await setUp(mara.page, server);
  const channel = await makeChannel(mara.page, server, "Lena");
  const token = await makeToken(mara.page, server, channel, "Lena");

  step("what is written in a browser that trusts nothing here arrives once");
  const elsewhere = await startBrowser(["--host-resolver-rules=MAP box.test 127.0.0.1"]);
  try {
    const lena = await newPerson(elsewhere, PHONE);
    await lena.page.goto(`http://box.test:${port}/c/${channel}#${token}`);
    await lena.page.waitForSelector("#composer:visible");
    assert.equal(await lena.page.evaluate(() => isSecureContext), false);
    await lena.page.fill("textarea", "Are the seedlings back in stock?");
    await lena.page.click("text=Send");
    await lena.page.waitForSelector("#talk .turn.own .say:has-text('seedlings')");
    assert.equal((await messages(server, channel, token)).length, 1);
    // There, browsers tell that they heed no such header.
    lena.faults = lena.faults.filter((one) => !one.includes("Cross-Origin-Opener-Policy"));
    noFaults(lena);
  } finally {
    await elsewhere.close();
  }
}, { LISTEN: `127.0.0.1:${port}` });
