// A holder makes a key, brings it to other devices, gets it back from paper, changes and forgets it; the server learns nothing.
import { readFileSync } from "node:fs";
import { nameOfKey } from "../../static/script/sealing/envelope.mjs";
import { writeKeyFile } from "../../static/script/sealing/key_files.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { lookAt } from "./looks.mjs";
import { answered, assert, freePort, newPerson, noFaults, setUp, signIn, startBrowser, tell } from "./support.mjs";

const PHRASE = "seven quiet zebras graze";
const OTHER_PHRASE = "nine loud zebras gallop";
const USER = { user: "mara", password: "a quiet green garden" };

/** Every request of a person, as it leaves the browser. */
function recorded(person) {
  const sent = [];
  const note = (request) => {
    const body = request.postDataBuffer();
    sent.push(`${request.url()} ${JSON.stringify(request.headers())} ${body ? decodeURIComponent(body.toString("latin1").replaceAll("+", " ")) : ""}`);
  };
  person.context.on("request", note);
  return sent;
}

/** The forms in which 32 bytes or a text could leave a browser. */
function formsOf(secret) {
  const bytes = Buffer.from(secret);
  return [bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("base64"), bytes.toString("base64url"), [...bytes].join(",")];
}

const fingerprint = async (page) => (await page.textContent("[data-step=hand] [data-fingerprint]")).trim();

async function choosePhrase(page, phrase) {
  await page.fill("#phrase", phrase);
  await page.click("text=Continue");
  await page.waitForSelector("#phrase-again:visible");
}

async function download(page, button) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(`text="${button}"`)]);
  return readFileSync(await file.path(), "utf8");
}

/** The groups that stand on the sheet which is seen. */
const groupsOf = (page) => page.$$eval("[data-groups] li", (all) => all.map((one) => one.textContent));

async function typeBack(page, groups) {
  await page.click("text=I have it on paper");
  await page.waitForSelector("[data-step=sheet-again]:visible");
  await page.fill("#typed-back", groups.join(" ").toLowerCase());
  await page.click("[data-step=sheet-again] >> text=Try it");
}

/** Signs in on a device of its own, at the page of keys. */
async function newDevice(browser, server, options) {
  const person = await newPerson(browser, options);
  await person.page.goto(`${server.address}/login?next=/profile/keys`);
  await signIn(person.page, USER);
  await person.page.waitForSelector("main h1:text-is('Keys')");
  return person;
}

await tell("keys", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  const sent = recorded(mara);
  await setUp(page, server, USER);

  step("is told what a key is for");
  await page.goto(`${server.address}/profile/keys#add`);
  await page.waitForSelector("text=Messages that only you can read");
  await lookAt(page, "keys-none");
  await page.click("text=Make your key");
  await page.waitForSelector("text=How will you get it back?");
  await lookAt(page, "keys-ways");

  step("a passphrase that is guessed easily is refused, one that is mistyped too");
  await page.click("button:has-text('A passphrase')");
  await page.fill("#phrase", "short");
  await page.click("text=Continue");
  await page.waitForSelector("text=This one has 5.");
  await page.click("text=Suggest one");
  assert.match(await page.inputValue("#phrase"), /^([a-z]{4} ){4}[a-z]{4}$/);
  assert.equal(await page.getAttribute("#phrase", "type"), "text");
  await lookAt(page, "keys-phrase");
  await choosePhrase(page, PHRASE);
  await page.fill("#phrase-again", "seven quiet zebras gaze");
  await page.click("text=Try it");
  await page.waitForSelector("text=This is not the passphrase that you chose");
  assert.ok(!sent.some((one) => one.includes("libsodium")), "nothing is published before it was tried");
  await page.fill("#phrase-again", PHRASE);
  await page.click("text=Try it");
  await page.waitForSelector("text=Your key is ready");
  const first = await fingerprint(page);
  assert.match(first, /^(\d{5} ){7}\d{5}$/);
  assert.equal(await page.isVisible("[data-hand=unlike]"), false);
  await lookAt(page, "keys-hand");

  step("saves it as each of the three files");
  await page.click("text=Save a key file for a program");
  const javascript = await download(page, "For JavaScript");
  const android = await download(page, "For Android");
  const ios = await download(page, "For iOS");
  const secret = Uint8Array.from(JSON.parse(javascript).privateKey);
  assert.equal(secret.length, 32);
  assert.deepEqual(Int8Array.from(JSON.parse(android).privateKey), new Int8Array(secret.buffer));
  assert.equal(JSON.parse(ios).secretKey, Buffer.from(secret).toString("base64"));

  step("prints a sheet, which is tried");
  await page.click("text=Print a recovery sheet");
  await page.waitForSelector("[data-groups] li >> nth=13");
  const groups = await groupsOf(page);
  await lookAt(page, "keys-sheet");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible("text=I have it on paper"), false);
  assert.equal(await page.isVisible(".paper svg"), true);
  if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/keys-printed.png` });
  await page.emulateMedia({ media: null });
  await typeBack(page, groups.slice(0, 3));
  await page.waitForSelector("text=These are 12.");
  await page.fill("#typed-back", groups.map((group, at) => (at === 4 ? "AAAA" : group)).join(" "));
  await page.click("[data-step=sheet-again] >> text=Try it");
  await page.waitForSelector("text=Look again: not as it stands on the sheet is 5.");
  await lookAt(page, "keys-sheet-again");
  await page.click("text=Show the sheet again");
  await typeBack(page, groups);
  await page.waitForSelector("text=The sheet works.");

  step("the list says where it is");
  await page.click("text=Done");
  await page.waitForSelector("text=This device opens what others seal for you.");
  assert.equal(await page.textContent(".things .name"), first, "the server says the same digits");
  await page.waitForSelector(".things .chip:has-text('on this device'):visible");
  await lookAt(page, "keys-list");

  step("another device is told what it lacks, and a wrong passphrase opens nothing");
  const phone = await newDevice(browser, server, { viewport: { width: 390, height: 844 }, hasTouch: true });
  const phoneSent = recorded(phone);
  await phone.page.waitForSelector("#add:visible");
  await phone.page.goto(`${server.address}/profile/keys#add`);
  await phone.page.reload();
  await phone.page.waitForSelector("#add a:focus");
  await lookAt(phone.page, "keys-missing");
  await phone.page.click("text=Add your key to this device");
  await phone.page.waitForSelector("#opening:visible");
  await lookAt(phone.page, "keys-open");
  await phone.page.fill("#opening", "seven quiet zebras gaze");
  await phone.page.click("button:has-text('Unlock')");
  await phone.page.waitForSelector("text=This passphrase opens no copy");
  await phone.page.fill("#opening", PHRASE);
  await phone.page.click("button:has-text('Unlock')");
  await phone.page.waitForSelector("[data-title]:has-text('is on this device')");
  assert.equal(await fingerprint(phone.page), first);

  step("closes the copy with another passphrase there");
  await phone.page.click("text=Make a copy with a passphrase");
  await choosePhrase(phone.page, OTHER_PHRASE);
  await phone.page.fill("#phrase-again", OTHER_PHRASE);
  await phone.page.click("text=Try it");
  await phone.page.waitForSelector("text=The copy on this server is closed with that passphrase now");
  await phone.page.click("text=Done");
  await phone.page.waitForSelector("text=This device opens what others seal for you.");

  step("is asked for the password again in the middle, and told of a copy that the server changed");
  await phone.page.goto(`${server.address}/profile/keys/unlock`);
  await phone.page.fill("#opening", OTHER_PHRASE);
  await phone.page.click("button:has-text('Unlock')");
  await phone.page.click("text=Make a copy with a passphrase");
  await choosePhrase(phone.page, OTHER_PHRASE);
  const security = await phone.context.newPage();
  await security.goto(`${server.address}/profile/security`);
  await security.click("text=Lock now");
  await security.waitForSelector("#flash");
  await phone.page.fill("#phrase-again", OTHER_PHRASE);
  await phone.page.click("text=Try it");
  await phone.page.waitForSelector("text=The password of your account is asked again first");
  const [confirming] = await Promise.all([phone.context.waitForEvent("page"), phone.page.click("a:has-text('Give the password in another tab'):visible")]);
  await confirming.fill("#password", USER.password);
  await confirming.keyboard.press("Enter");
  await confirming.waitForSelector("main h1:text-is('Keys')");
  await phone.page.route("**/profile/keys/unlock", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace("box&#34;:&#34;", "box&#34;:&#34;AAAA") });
  });
  await phone.page.click("text=Make a copy with a passphrase");
  await choosePhrase(phone.page, OTHER_PHRASE);
  await phone.page.fill("#phrase-again", OTHER_PHRASE);
  await phone.page.click("text=Try it");
  await phone.page.waitForSelector("[data-hand=unlike]:visible");
  await lookAt(phone.page, "keys-unlike");
  await phone.page.unroute("**/profile/keys/unlock");
  await phone.page.click("text=Done");
  await phone.page.waitForSelector("text=This device opens what others seal for you.");

  step("a third device gets it back from paper");
  const desk = await newDevice(browser, server);
  const deskSent = recorded(desk);
  await desk.page.click("text=Add your key to this device");
  await desk.page.click("text=Recovery sheet");
  await desk.page.fill("#typed", groups.slice(1).join(" "));
  await desk.page.click("[data-step=open-sheet] >> text=Open");
  await desk.page.waitForSelector("text=These are 52.");
  await lookAt(desk.page, "keys-typed");
  await desk.page.fill("#typed", groups.join("").toLowerCase());
  await desk.page.click("[data-step=open-sheet] >> button:text-is('Open')");
  await desk.page.waitForSelector("[data-title]:has-text('is on this device')");
  assert.equal(await fingerprint(desk.page), first);

  step("a fourth takes each of the files, and no foreign one");
  const tablet = await newDevice(browser, server);
  for (const file of [javascript, android, ios]) {
    await tablet.page.goto(`${server.address}/profile/keys/unlock`);
    await tablet.page.click("text=Key file");
    await tablet.page.setInputFiles("#key-file", { name: "key.json", mimeType: "application/json", buffer: Buffer.from(file) });
    await tablet.page.click("[data-step=open-file] >> button:text-is('Open')");
    await tablet.page.waitForSelector("[data-title]:has-text('is on this device')");
    assert.equal(await fingerprint(tablet.page), first);
    await tablet.page.goto(`${server.address}/profile/keys`);
    await tablet.page.waitForSelector("text=This device opens what others seal for you.");
    await tablet.page.check("#forget input");
    await tablet.page.click("text=Forget all keys on this device");
    await tablet.page.waitForSelector("text=This device has no key of this account any more");
    await tablet.page.waitForSelector("#add:visible");
  }
  await tablet.page.goto(`${server.address}/profile/keys/unlock`);
  await tablet.page.click("text=Key file");
  await tablet.page.fill("#pasted", "{}");
  await tablet.page.click("[data-step=open-file] >> button:text-is('Open')");
  await tablet.page.waitForSelector("text=This is not a key file");
  await lookAt(tablet.page, "keys-file");
  await tablet.page.click("[data-step=open-file] >> button:text-is('Back')");
  await tablet.page.waitForSelector("#opening:visible");

  step("where there is no copy, each of the two other ways leads to the other");
  await tablet.page.route("**/profile/keys/unlock", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll(/data-copy="[^"]*"/g, 'data-copy=""') });
  });
  await tablet.page.goto(`${server.address}/profile/keys/unlock`);
  await tablet.page.click("[data-step=open-sheet] >> button:text-is('Key file')");
  await tablet.page.click("[data-step=open-file] >> button:text-is('Recovery sheet')");
  await tablet.page.waitForSelector("#typed:visible");
  await tablet.page.unroute("**/profile/keys/unlock");

  step("makes a new key on paper alone; the one of before stays");
  await page.goto(`${server.address}/profile/keys/new`);
  await page.click("button:has-text('A sheet of paper')");
  await page.waitForSelector("[data-groups] li >> nth=13");
  const second = await groupsOf(page);
  await typeBack(page, second);
  await page.waitForSelector("text=Your key is ready");
  assert.notEqual(await fingerprint(page), first);
  await page.click("text=Done");
  await page.waitForSelector("text=This device opens what others seal for you.");
  assert.deepEqual(await page.$$eval("[data-key]", (all) => all.map((one) => "used" in one.dataset)), [true, false]);
  await page.waitForSelector("[data-forget=lost]:visible");
  await lookAt(page, "keys-two");
  await phone.page.reload();
  await phone.page.waitForSelector("#add:visible");

  step("imports a key of another program, only to open");
  await page.goto(`${server.address}/profile/keys/new`);
  await page.click("text=I have a key already");
  await page.check("input[value=open]");
  await lookAt(page, "keys-import");
  await page.click("text=Choose a key file");
  await page.fill("#pasted", await writeKeyFile(newSecret(), "android"));
  await page.click("[data-step=open-file] >> button:text-is('Open')");
  await page.click("button:has-text('A passphrase')");
  await choosePhrase(page, PHRASE);
  await page.fill("#phrase-again", PHRASE);
  await page.click("text=Try it");
  await page.waitForSelector("text=The key is here");
  await page.click("text=Done");
  await page.waitForSelector("text=This device opens what others seal for you.");
  assert.deepEqual(await page.$$eval("[data-key]", (all) => all.map((one) => "used" in one.dataset)), [false, true, false]);

  step("retires the new key, so that the first is in use again");
  await page.click("[data-used] >> text=Retire");
  await page.waitForSelector("text=Retire this key?");
  await lookAt(page, "keys-retire");
  await page.click("text=Retire the key");
  await page.waitForSelector("#flash:has-text('It still opens')");
  assert.deepEqual(await page.$$eval("[data-key]", (all) => all.map((one) => "used" in one.dataset)), [false, false, true]);

  step("the scripts can be compared by anybody");
  await desk.page.goto(`${server.address}/about`);
  const [line] = (await desk.page.textContent("#each")).split("\n");
  assert.match(line, /^[0-9a-f]{64}  script\/\S+\.mjs$/);
  await lookAt(desk.page, "keys-about");

  step("without a script the page says why, and takes the public half of a key");
  const plain = await newDevice(browser, server, { javaScriptEnabled: false });
  await plain.page.waitForSelector("noscript .note");
  assert.equal(await plain.page.isVisible("text=Make a new key"), false);
  await plain.page.fill("#key", nameOfKey((await pairOf(newSecret())).publicKey));
  await answered(plain.page, () => plain.page.click("main button:text-is('Publish')"), "The key is published");
  await plain.page.goto(`${server.address}/profile/keys/new`);
  await plain.page.waitForSelector("noscript .note");

  step("no request carried a passphrase, a secret key or a sheet");
  assert.ok(sent.length > 20 && phoneSent.length > 5 && deskSent.length > 5);
  const hidden = [PHRASE, OTHER_PHRASE, "zebras", groups.join(""), groups.join(" "), second.join(""), ...formsOf(secret), ...formsOf(PHRASE)];
  for (const one of [...sent, ...phoneSent, ...deskSent, server.said()]) {
    const found = hidden.find((word) => one.includes(word));
    assert.equal(found, undefined, one.slice(0, 200));
  }
  for (const person of [mara, phone, desk, tablet, plain]) noFaults(person);
});

const port = await freePort();
await tell("keys on plain http", async ({ server, step }) => {
  step("says it once, with the way out, and offers nothing that would fail");
  const browser = await startBrowser(["--host-resolver-rules=MAP box.test 127.0.0.1"]);
  try {
    const mara = await newPerson(browser);
    const { page } = mara;
    await setUp(page, { ...server, setup: server.setup.replace("127.0.0.1", "box.test") }, USER);
    await page.goto(`http://box.test:${port}/profile/keys`);
    await page.waitForSelector("text=You came here over plain http");
    assert.equal(await page.isVisible("text=Make your key"), false);
    await lookAt(page, "keys-http");
    await page.goto(`http://box.test:${port}/profile/keys/new`);
    await page.waitForSelector("text=You came here over plain http");
    assert.equal(await page.isVisible("[data-step]"), false);

    step("an old browser is told too");
    const old = await newPerson(browser);
    await old.context.addInitScript(() => {
      const take = SubtleCrypto.prototype.importKey;
      SubtleCrypto.prototype.importKey = function importKey(form, key, algorithm, ...rest) {
        if (algorithm === "X25519") return Promise.reject(new DOMException("no such algorithm", "NotSupportedError"));
        return take.call(this, form, key, algorithm, ...rest);
      };
    });
    await old.page.goto(`${server.address}/login?next=/profile/keys`);
    await signIn(old.page, USER);
    await old.page.waitForSelector("text=This browser is too old for keys");
    // There, browsers tell that they heed no such header.
    mara.faults = mara.faults.filter((one) => !one.includes("Cross-Origin-Opener-Policy"));
    noFaults(mara);
    noFaults(old);
  } finally {
    await browser.close();
  }
}, { LISTEN: `127.0.0.1:${port}` });
