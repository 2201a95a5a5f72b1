// Both sides seal: the owner and a counterparty talk, the operator reads not one word of it, and a server that
// lies is found out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keyOfName, nameOfKey, pack, SEALED, TO_OWNER } from "../../static/script/sealing/envelope.mjs";
import { fingerprintOf } from "../../static/script/sealing/fingerprint.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { fragmentOf, newLinkSecret } from "../../static/script/sealing/new_link.mjs";
import { open, seal } from "../../static/script/sealing/sealed_box.mjs";
import { lookAt } from "./looks.mjs";
import { PHONE, assert, makeChannel, makeKey, makeToken, newPerson, noFaults, setUp, signIn, tell, waitFor, write } from "./support.mjs";

const DESK = { viewport: { width: 1280, height: 800 } };
const PHRASE = "seven quiet zebras graze";
const bytes = (text) => new TextEncoder().encode(text);

/** A picture of one point. */
const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

/** Every word that is said under a seal. */
const SAID = ["two trays of zebra grass", "both zebra trays are yours", "zebra picture of mine", "zebra price list",
  "an answer from zebra device two", "zebra draft that is not sent", "a letter with a forged zebra", "zebra letter on the way"];

/** The forms in which a text could lie in a file: as it is, as UTF-16, and as base64 from each of three places. */
function formsOf(text) {
  const plain = Buffer.from(text);
  const base64 = [0, 1, 2].map((at) => Buffer.concat([Buffer.alloc(at), plain]).toString("base64").slice(at ? 4 : 0, -4));
  return [plain, Buffer.from(text, "utf16le"), ...base64.map((one) => Buffer.from(one))];
}

function assertNotIn(where, content) {
  for (const text of SAID.flatMap((said) => [said, said.slice(-12)])) {
    for (const form of formsOf(text)) assert.ok(!content.includes(form), `${where} has "${text}"`);
  }
}

/** Everything that leaves a person's browser. */
function recorded(person) {
  const sent = [];
  person.context.on("request", (request) => {
    sent.push(Buffer.concat([Buffer.from(`${request.url()}\n${JSON.stringify(request.headers())}\n`), request.postDataBuffer() ?? Buffer.alloc(0)]));
  });
  return sent;
}

async function say(page, text) {
  await page.fill("#text", text);
  await page.click("#say button.main");
}

/** How many of these this browser keeps for the account; with a name, whether it keeps that one. */
const keptHere = (page, which, name) => page.evaluate(async ({ which, name }) => {
  const opening = indexedDB.open((await indexedDB.databases()).find((one) => one.name.startsWith("peerbox opened")).name);
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  const asked = opening.result.transaction(which).objectStore(which).count(name);
  await new Promise((resolve) => { asked.onsuccess = resolve; });
  opening.result.close();
  return asked.result;
}, { which, name });

await tell("both sides seal", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, DESK);
  const { page } = mara;
  const sent = recorded(mara);
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Lena");
  const token = await makeToken(page, server, channel, "Lena");
  const inside = `${server.address}/channels/${channel}`;

  step("the owner makes a key, and a link that has a secret");
  await makeKey(page, server, PHRASE);
  const reception = await fetch(`${server.address}/api/v1/channel/${channel}/key`, { headers: { authorization: `Bearer ${token}` } });
  const ownKey = keyOfName((await reception.json()).key);
  const secret = newLinkSecret();
  await page.goto(`${server.address}/channels/${channel}/tokens`);
  const id = /tokens\/(\d+)/.exec(await page.getAttribute("a.contact:has-text('Lena')", "href"))[1];
  const isKept = await page.evaluate(async ({ channel, id, secret }) => {
    const scripts = document.querySelector("script[src]").src.replace(/\/script\/.*/, "/script");
    const { OwnKeys } = await import(`${scripts}/keys/own_keys.mjs`);
    const { wrapSecret } = await import(`${scripts}/keys/link_secrets.mjs`);
    const [pair] = (await OwnKeys.open()).pairs;
    const link = await wrapSecret(Uint8Array.from(secret), pair, { channel, token: id });
    const body = new URLSearchParams({ csrf: document.querySelector("input[name=csrf]").value, link });
    return (await fetch(`/channels/${channel}/tokens/${id}/link`, { method: "POST", body })).ok;
  }, { channel, id, secret: [...secret] });
  assert.ok(isKept);
  const link = `${server.address}/c/${channel}#${fragmentOf({ token, fingerprint: await fingerprintOf(ownKey), secret })}`;

  step("a counterparty writes from a phone, with a picture");
  const lena = await newPerson(browser, PHONE);
  const lenaSent = recorded(lena);
  await lena.page.goto(link);
  await lena.page.waitForSelector("text=Only you two can read what you write");
  const lenaSays = async (text) => {
    await lena.page.fill("textarea", text);
    await lena.page.click("text=Send");
    await lena.page.waitForSelector(`#talk .turn.own .say:has-text('${text}')`);
  };
  await lenaSays("two trays of zebra grass");
  await lena.page.setInputFiles("input[type=file]", { name: "zebra picture of mine.png", mimeType: "image/png", buffer: PICTURE });
  await lena.page.waitForSelector(".chosen li:has-text('zebra picture of mine.png') img");
  await lena.page.click("text=Send");
  await lena.page.waitForSelector("#talk .turn.own img");

  step("the owner reads it in the list, in the conversation, on its own page");
  await page.goto(`${server.address}/inbox`);
  await page.waitForSelector(".row .line:has-text('two trays of zebra grass')");
  await page.waitForSelector(".row .line:has-text('zebra picture of mine.png')");
  await lookAt(page, "sealed-list");
  await page.goto(inside);
  await page.waitForSelector(".say:has-text('two trays of zebra grass') .lock.ok[title*='From the holder of the link']", { state: "attached" });
  await page.waitForFunction(() => document.querySelector(".say .shot img")?.naturalWidth === 1);
  await page.goto(`${server.address}/m/${channel}/1`);
  await page.waitForSelector("#content:has-text('two trays of zebra grass')");
  await lookAt(page, "sealed-message");

  step("the answer is sealed, and says for whom");
  await page.goto(inside);
  await page.waitForSelector("#sealed-for:has-text('Sealed for Lena'):visible");
  assert.equal(await page.isVisible("[data-unproven]"), false);
  await say(page, "both zebra trays are yours");
  await page.waitForSelector("#talk .own .say:has-text('both zebra trays') .lock.ok", { state: "attached" });
  await lena.page.waitForSelector(".turn:not(.own) .say:has-text('both zebra trays')");
  await page.setInputFiles("#files", { name: "zebra price list.txt", mimeType: "text/plain", buffer: Buffer.from("zebra price list: 4 a tray") });
  await page.click("#say button.main");
  await page.waitForSelector("#talk .own .say:has-text('zebra price list: 4 a tray')");
  await lena.page.waitForSelector(".turn:not(.own) .say:has-text('zebra price list: 4 a tray')");
  for (const seen of [page, lena.page]) {
    await seen.waitForSelector("#talk .say:has-text('4 a tray') .filename:has-text('zebra price list.txt') >> text=Save");
  }
  assert.equal(await lena.page.locator(".say:has-text('Not from')").count(), 0, "proven on both sides");
  await lookAt(page, "sealed-talk");

  step("the key is compared, which other devices know");
  await page.click("#sealed-for summary");
  assert.match(await page.innerText("[data-aloud]"), /^(\d{5} ){7}\d{5}$/);
  await lookAt(page, "sealed-key");
  await Promise.all([page.waitForResponse("**/reply"), page.check("[name=compared]")]);

  step("a draft is kept on this device alone, and what was on its way arrives after a reload");
  await page.fill("#text", "zebra draft that is not sent");
  await waitFor("the draft to be kept", () => keptHere(page, "notes", `draft ${channel}`));
  await page.reload();
  await page.waitForFunction(() => document.querySelector("#text")?.value === "zebra draft that is not sent");
  assert.equal(await page.evaluate(() => Object.values(localStorage).some((one) => one.includes("zebra"))), false);
  await page.waitForSelector("#sealed-for:visible");
  await page.route(`${inside}`, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await say(page, "zebra letter on the way");
  await page.waitForSelector("#outgoing [data-state=failed]:has-text('zebra letter on the way')");
  assert.equal(await page.evaluate(() => Object.values(localStorage).some((one) => one.includes("zebra"))), false);
  await page.unroute(`${inside}`);
  await page.reload();
  await page.waitForSelector("#talk .own .say:has-text('zebra letter on the way')");
  await lena.page.waitForSelector(".turn:not(.own) .say:has-text('zebra letter on the way')");
  mara.faults.length = 0;

  step("another device of the owner is told what it lacks, then reads all, its own side too");
  const phone = await newPerson(browser, PHONE);
  const phoneSent = recorded(phone);
  await phone.page.goto(`${server.address}/login?next=/channels/${channel}`);
  await signIn(phone.page);
  await phone.page.waitForSelector("#sealed-for:has-text('this device has no key'):visible");
  await phone.page.waitForSelector(".say a:has-text('Add the key to read')");
  await lookAt(phone.page, "sealed-keyless");
  await say(phone.page, "an answer from zebra device two");
  await phone.page.waitForSelector("[data-is=problem]:has-text('no key'):visible");
  await phone.page.click(".say a:has-text('Add the key to read') >> nth=0");
  await phone.page.goto(`${server.address}/profile/keys/unlock`);
  await phone.page.fill("#opening", PHRASE);
  await phone.page.click("button:has-text('Unlock')");
  await phone.page.waitForSelector("[data-title]:has-text('is on this device')");
  await phone.page.goto(inside);
  await phone.page.waitForSelector(".say:has-text('two trays of zebra grass')");
  await phone.page.waitForSelector(".own .say:has-text('both zebra trays')");
  await phone.page.waitForSelector("#sealed-for:has-text('Sealed for Lena'):visible");
  await phone.page.click("#sealed-for summary");
  await phone.page.waitForFunction(() => document.querySelector("[name=compared]")?.checked);
  await phone.page.click("#sealed-for summary");
  await Promise.all([phone, mara].map((one) => say(one.page, "an answer from zebra device two")));
  await waitFor("both answers", async () => await lena.page.locator(".turn:not(.own) .say:has-text('zebra device two')").count() === 2);
  assert.equal(await lena.page.locator(".say .numbers").count(), 0, "two devices never use the same number");
  await waitFor("both here", async () => await page.locator("#talk .own .say:has-text('zebra device two')").count() === 2);
  assert.equal(await page.locator(".say .numbers").count(), 0);

  step("an unsealed message takes two presses, and is told apart");
  await page.click("#sealed-for summary");
  await page.click("text=Do not seal the next one …");
  await page.click("[data-do=unseal]");
  await page.waitForSelector("#sealed-for:has-text('goes out unsealed'):visible");
  await lookAt(page, "sealed-unsealed");
  await say(page, "this one is for everybody");
  await page.waitForSelector("#talk .own .say:has-text('for everybody'):has-text('Not sealed')");
  await page.waitForSelector("#sealed-for:has-text('Sealed for Lena'):visible");

  step("a search looks through what this device opened");
  await page.goto(`${server.address}/inbox?q=ZEBRA+-grass`);
  await page.waitForSelector("#opened-here a:has-text('both zebra trays are yours')");
  assert.match(await page.innerText("[data-far]"), /^Also looked through \d+ sealed messages opened on this device\.$/);
  assert.equal(await page.locator("#opened-here a:has-text('grass')").count(), 0);
  const hits = await page.locator("#opened-here li").count();
  const others = await page.locator("#messages .row").count();
  assert.match(await page.innerText("#summary"), new RegExp(`${hits} ${others ? "more" : "found"} in sealed messages$`));
  await lookAt(page, "sealed-search");
  await page.click("#opened-here a:has-text('both zebra trays')");
  await page.waitForSelector("#content:has-text('both zebra trays are yours')");
  await page.goto(inside);
  await page.waitForSelector("#sealed-for:has-text('Sealed for Lena'):visible");

  step("nobody but the two learned a word");
  assert.ok(sent.some((one) => one.includes("this one is for everybody")), "what is not sealed is found in a request");
  const kept = await fetch(`${server.address}/api/v1/channel/${channel}`, { headers: { authorization: `Bearer ${token}` } });
  const stored = (await kept.json()).map(({ payload }) => Buffer.from(payload, "base64"));
  assert.ok(stored.length > 7 && stored.some((one) => one.includes("this one is for everybody")));
  stored.forEach((one) => assertNotIn("what the server stores", one));
  const data = server.data;
  for (const name of ["peerbox.db", "peerbox.db-wal"]) assertNotIn(name, readFileSync(join(data, name)));
  assertNotIn("the log", Buffer.from(server.said()));
  for (const one of [...sent, ...lenaSent, ...phoneSent]) {
    assertNotIn("a request", one);
    const [address] = one.toString("latin1").split("\n");
    assert.ok(!address.includes(token) && !address.includes("#"), address);
    assert.ok(!one.includes(link.split(".").at(-1)), "the secret of the link");
  }

  step("a forged sender names no key, and a program's box is told apart");
  const eve = await pairOf(newSecret());
  const forged = async (about, using) => {
    const line = { body: bytes("a letter with a forged zebra"), type: "text/plain", n: 99, at: new Date().toISOString(), ...about };
    await write(server, channel, token, await seal(await pack({ ...line, replyTo: eve.publicKey }, using), ownKey), SEALED);
  };
  await forged({}, { secret: newLinkSecret(), channel, direction: TO_OWNER });
  await forged({}, null);
  await write(server, channel, token, await seal(bytes("{\"zebra\": 1}"), ownKey), "application/json");
  await waitFor("both", async () => await page.locator(".say:has-text('forged zebra'):has-text('Not from the holder')").count() === 2);
  await page.waitForSelector(".say:has-text('{\"zebra\": 1}'):has-text('Sender not proven')");
  await page.waitForSelector("#sealed-for:has-text('Sealed for Lena'):visible");
  assert.equal(await page.isVisible("[data-is=changed]"), false);
  await say(page, "both zebra trays are yours");
  await waitFor("the answer", async () => await lena.page.locator(".turn:not(.own) .say:has-text('both zebra trays')").count() === 2);

  step("what is made to be slow, or to look like something else, stops no page");
  await forged({ type: "a\u0301".repeat(200_000) }, null);
  await forged({ body: bytes(`a${"\u0301".repeat(400_000)}`) }, null);
  await page.waitForSelector(".say .filerow:has-text('application/octet-stream')");
  await page.waitForSelector(".say:has(.text) .filerow:has-text('text/plain')");
  assert.ok((await page.innerText("#talk")).length < 10_000);

  step("another device of the counterparty has another key, which is told");
  const tablet = await newPerson(browser, PHONE);
  await tablet.page.goto(link);
  await tablet.page.waitForSelector("#composer:visible");
  await tablet.page.fill("textarea", "two trays of zebra grass");
  await tablet.page.click("text=Send");
  await page.waitForSelector("[data-is=changed]:has-text('than the one you compared'):visible");
  await page.click("#sealed-for summary");
  assert.equal(await page.isChecked("[name=compared]"), false);
  await page.click("#sealed-for summary");
  await lookAt(page, "sealed-changed");

  step("a program is answered with a box of the text itself");
  const machine = await pairOf(newSecret());
  const orders = await makeChannel(page, server, "Orders");
  const program = await makeToken(page, server, orders, "Shop");
  await page.goto(`${server.address}/channels/${orders}/settings`);
  await page.fill("#raw", "nothing");
  await page.click("text=Answer this program");
  await page.waitForSelector("text=This is not a public key");
  await page.fill("#raw", nameOfKey(machine.publicKey));
  await Promise.all([page.waitForResponse("**/reply"), page.click("text=Answer this program")]);
  await page.waitForSelector("text=Answers are sealed for this program.");
  await lookAt(page, "sealed-settings");
  await page.goto(`${server.address}/channels/${orders}`);
  await page.waitForSelector("#sealed-for:has-text('Sealed for a program'):visible");
  await say(page, "both zebra trays are yours");
  await page.waitForSelector("#talk .own .say:has-text('both zebra trays')");
  const answers = await fetch(`${server.address}/api/v1/channel/${orders}`, { headers: { authorization: `Bearer ${program}` } });
  const [answer] = await answers.json();
  assert.equal(answer.content_type, "text/plain; charset=utf-8");
  assert.equal(Buffer.from(await open(Buffer.from(answer.payload, "base64"), machine)).toString(), "both zebra trays are yours");
  await say(page, "both zebra trays are yours");
  await waitFor("both", async () => await page.locator("#talk .own .say:has-text('both zebra trays')").count() === 2);
  assert.equal(await page.locator(".say .numbers").count(), 0, "what goes out raw is not counted");
  await page.goto(inside);

  step("what a newer program wrote is told so");
  const newer = await seal(bytes(`{"v":2,"words":"zebra of tomorrow"}\n${" ".repeat(200)}`), ownKey);
  await write(server, channel, token, newer, SEALED);
  await page.waitForSelector(".say:has-text('Written by a newer program')");
  await page.goto(`${server.address}/inbox`);
  await page.waitForSelector(".row .line:has-text('Written by a newer program')");
  await page.goto(inside);

  step("a sealed report of a transaction is told like one that is not, and its proof is followed");
  const proof = { index: 1, txOrId: "aa".repeat(32), targetType: "merkleRoot", nodes: ["bb".repeat(32)],
    target: "1a3c4ba1e4f71e1ae0fe7d16ac32a9a5e1b3bd9a2d1b4d8b5d4b0d6e1e2a7f10" };
  const mined = { callbackTxId: proof.txOrId, callbackReason: "merkleProof", blockHeight: 861234, timestamp: new Date().toISOString() };
  const rows = page.locator(".row .line:has(.sign.ok):has-text('Mined in block 861\u202f234 · aaaaaaaa…aaaa')");
  const reported = async (callbackPayload, number) => {
    await write(server, channel, token, await seal(bytes(JSON.stringify({ ...mined, callbackPayload })), ownKey), "application/octet-stream");
    await page.goto(`${server.address}/inbox`);
    await waitFor("its row", async () => await rows.count() === number);
    await rows.first().click();
    return page.textContent("dt:has-text('Merkle path') + dd:not(:text-is('…'))");
  };
  assert.match(await reported(proof, 1), /Not consistent: the root that came with it is another one/);
  const { target: _, ...alone } = proof;
  assert.match(await reported({ ...alone, targetType: "hash" }, 2), /Consistent, root [0-9a-f]{64}/);
  await page.goto(inside);

  step("a session that ended elsewhere leaves nothing that was opened, but what was being written");
  assert.ok(await keptHere(page, "texts") > 5);
  await page.fill("#text", "zebra draft that is not sent");
  await page.waitForFunction(() => Object.keys(localStorage).some((one) => one.endsWith(" sealed")));
  await waitFor("the draft to be kept", () => keptHere(page, "notes", `draft ${channel}`));
  await mara.context.clearCookies();
  await page.goto(`${server.address}/login?next=/channels/${channel}`);
  await waitFor("the texts to be gone", async () => await keptHere(page, "texts") === 0);
  await signIn(page);
  await page.waitForFunction(() => document.querySelector("#text")?.value === "zebra draft that is not sent");
  await page.waitForSelector(".say:has-text('two trays of zebra grass')");
  const ended = await newPerson(browser, PHONE);
  await ended.page.goto(`${server.address}/login?next=/profile/sessions`);
  await signIn(ended.page);
  await waitFor("texts again", async () => await keptHere(page, "texts") > 5);
  await ended.page.click("button[name=end][value=others]");
  await page.waitForSelector("#signed-out:visible");
  await waitFor("the texts to be gone", async () => await keptHere(page, "texts") === 0);
  await page.goto(`${server.address}/login?next=/channels/${channel}`);
  await signIn(page);
  await page.waitForSelector(".say:has-text('two trays of zebra grass')");

  step("signing out takes what was opened along");
  const names = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  assert.ok((await names()).some((name) => name.startsWith("peerbox opened")));
  await page.fill("#text", "zebra draft that is not sent");
  await page.waitForFunction(() => Object.keys(localStorage).some((one) => one.endsWith(" sealed")));
  await page.click(".who summary");
  noFaults(mara);
  // In place of the watch for dialogs that nobody expects.
  page.removeAllListeners("dialog");
  let asked = "";
  page.on("dialog", (dialog) => {
    asked = dialog.message();
    dialog.accept();
  });
  await page.click("text=Sign out");
  await page.waitForURL("**/login**");
  assert.match(asked, /was not sent/);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((one) => /draft/.test(one))), []);
  assert.ok(!(await names()).some((name) => name.startsWith("peerbox opened")));
  await page.goto(`${server.address}/login?next=/inbox`);
  await signIn(page);
  await page.waitForSelector(".row .line:has-text('two trays of zebra grass')");

  step("afterwards a server that says nothing of sealing gets nothing in the clear");
  await page.route(inside, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/ data-sealed| data-reply="[^"]*"| data-box="[^"]*"/g, "");
    await route.fulfill({ response, body });
  });
  await page.goto(inside);
  await page.waitForSelector("#sealed-for:visible");
  await say(page, "zebra that would be in the clear");
  await page.waitForSelector("[data-is=problem]:has-text('does not know for whom'):visible");
  assert.equal(await page.inputValue("#text"), "zebra that would be in the clear");
  await page.fill("#text", "");
  await page.unroute(inside);

  step("a server that drops, repeats and moves messages is found out by the owner");
  const liar = await newPerson(browser, DESK);
  await liar.page.goto(`${server.address}/login?next=/profile/keys/unlock`);
  await signIn(liar.page);
  await liar.page.fill("#opening", PHRASE);
  await liar.page.click("button:has-text('Unlock')");
  await liar.page.waitForSelector("[data-title]:has-text('is on this device')");
  for (const text of ["first", "second", "third", "fourth"]) await lenaSays(`zebra ${text}`);
  const numbers = await lena.page.$$eval("#talk .turn.own .say", (says) => says.slice(-4).map((one) => one.id.slice(1)));
  const lie = (from, to) => liar.page.route(`**/m/${channel}/${from}/box`, async (route) =>
    route.fulfill({ response: await route.fetch({ url: `${server.address}/m/${channel}/${to}/box` }) }));
  await lie(numbers[1], numbers[0]);
  await lie(numbers[2], numbers[3]);
  await lie(numbers[3], numbers[2]);
  await liar.page.goto(inside);
  await liar.page.waitForSelector(`#s${numbers[1]}:has-text('zebra first'):has-text('a second time')`);
  await liar.page.waitForSelector(`#s${numbers[2]}:has-text('zebra fourth'):has-text('are not here')`);
  await liar.page.waitForSelector(`#s${numbers[3]}:has-text('zebra third'):has-text('changed their order')`);
  await lookAt(liar.page, "sealed-liar");

  step("whose message it is the server cannot say: only the copy proves an own one");
  const [fifth, nobody] = [1, 2].map((after) => Number(numbers[3]) + after);
  for (const one of [fifth, nobody]) {
    await liar.page.route(`**/m/${channel}/${one}/box`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), own: true } });
    });
  }
  await lenaSays("zebra fifth");
  await liar.page.waitForSelector(`#s${fifth}:has-text('From the holder of the link, although this server shows it as yours')`);
  await write(server, channel, token, await seal(bytes("zebra by nobody"), ownKey), "text/plain");
  await liar.page.waitForSelector(`#s${nobody}:has-text('This server says that you wrote it: nothing proves that')`);
  assert.deepEqual(lena.faults, []);
  noFaults(phone);
});
