// Programs as the other side of the pages: in Python and in Node, with libsodium and what PROTOCOL.md says.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { nameOfKey } from "../../static/script/sealing/envelope.mjs";
import { fingerprintOf } from "../../static/script/sealing/fingerprint.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { fragmentOf, newLinkSecret } from "../../static/script/sealing/new_link.mjs";
import { PHONE, answered, assert, makeChannel, makeKey, makeToken, newPerson, noFaults, sent, setUp, start, tell, waitFor } from "./support.mjs";

const here = (name) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));

const PROGRAMS = {
  Python: [`${process.env.NODE_PACKAGES}/venv/bin/python`, here("party.py")],
  Node: ["node", here("party.mjs")],
};

/** A program that runs until it is told to end: `ask` gives it an order and waits for what it answers. */
function running(name, ...args) {
  const [command, script] = PROGRAMS[name];
  const program = start(command, [script, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  return {
    async ask(order) {
      program.stdin.write(`${JSON.stringify(order)}\n`);
      const { value, done } = await Promise.race([lines.next(), delay(20_000, { done: true }, { ref: false })]);
      assert.ok(!done, `${name} did not answer ${order.do}`);
      return JSON.parse(value);
    },
    async end() {
      const ended = once(program, "exit");
      program.stdin.end();
      assert.deepEqual(await ended, [0, null], name);
    },
  };
}

/** What a program reads once something is there. */
const news = (program) => waitFor("something to read", async () => {
  const found = await program.ask({ do: "read" });
  return found.length > 0 && found;
});

async function say(page, text) {
  await page.fill("#text", text);
  await page.click("#say button.main");
  await sent(page, text);
}

await tell("programs as counterparties", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  await setUp(page, server);
  await makeKey(page, server);

  for (const name of Object.keys(PROGRAMS)) {
    step(`${name} has a link: its letters are proven, and it opens the answers`);
    await page.goto(`${server.address}/invite`);
    await page.fill("#label", name);
    await page.click("text=Make the link");
    await page.waitForSelector("[data-say=link][data-is=sealed]:visible");
    const link = (await page.textContent("#link")).trim();
    const inside = `${server.address}/channels/${new URL(link).pathname.split("/").at(-1)}`;
    const program = running(name, "guest", link);
    await program.ask({ do: "seal", text: `Grüße von ${name} 🦓` });
    await page.goto(inside);
    await page.waitForSelector(`.say:has-text('Grüße von ${name} 🦓') .lock.ok[title*='From the holder of the link']`, { state: "attached" });
    await page.waitForSelector(`#sealed-for:has-text('Sealed for ${name}'):visible`);
    await say(page, `Grüße an ${name}`);
    await page.setInputFiles("#files", { name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("a list") });
    await page.click("#say button.main");
    await sent(page, "a list");
    const heard = await news(program);
    while (heard.length < 2) heard.push(...await news(program));
    assert.deepEqual(heard, [
      { type: "text/plain; charset=utf-8", text: `Grüße an ${name}`, n: 1, proof: "proven" },
      { type: 'text/plain; name="list.txt"', text: "a list", n: 2, proof: "proven" },
    ]);

    step(`${name} seals raw, and is answered raw`);
    await program.ask({ do: "raw", text: `raw words of ${name}` });
    await page.waitForSelector(`.say:has-text('raw words of ${name}'):has-text('Sender not proven')`);
    await page.goto(`${inside}/settings`);
    await page.fill("#raw", await program.ask({ do: "key" }));
    await Promise.all([page.waitForResponse("**/reply"), page.click("text=Answer this program")]);
    await page.goto(inside);
    await page.waitForSelector("#sealed-for:has-text('Sealed for a program'):visible");
    for (const text of ["one raw answer", "another raw answer"]) await say(page, text);
    const raw = await news(program);
    while (raw.length < 2) raw.push(...await news(program));
    assert.deepEqual(raw.map(({ text, proof }) => [text, proof]), [["one raw answer", "raw"], ["another raw answer", "raw"]]);
    assert.equal(await page.locator(".say .numbers").count(), 0, "nothing is missing or there twice");
    await program.end();
  }

  for (const name of Object.keys(PROGRAMS)) {
    step(`${name} is the holder: a counterparty's page seals for it, and opens what it seals`);
    const secret = newSecret();
    const kept = Buffer.from(secret).toString("base64");
    const { publicKey } = await pairOf(secret);
    await page.goto(`${server.address}/profile/keys`);
    await page.fill("#key", nameOfKey(publicKey));
    await answered(page, () => page.click("main button:text-is(\"Publish\")"), "The key is published");
    const channel = await makeChannel(page, server, `The shop of ${name}`);
    const [guests, owners] = [await makeToken(page, server, channel, "Lena"), await makeToken(page, server, channel, name)];
    const of = { fingerprint: await fingerprintOf(publicKey), secret: newLinkSecret() };
    const address = (token) => `${server.address}/c/${channel}#${fragmentOf({ token, ...of })}`;
    const program = running(name, "holder", address(owners), kept);
    const lena = await newPerson(browser, PHONE);
    await lena.page.goto(address(guests));
    await lena.page.waitForSelector("text=Only you two can read what you write");
    await lena.page.fill("textarea", `Grüße an ${name} 🦓`);
    await lena.page.click("text=Send");
    const [letter] = await news(program);
    assert.deepEqual([letter.text, letter.n, letter.proof], [`Grüße an ${name} 🦓`, 1, "proven"]);
    await program.ask({ do: "seal", text: `Grüße von ${name}` });
    await lena.page.waitForSelector(`.turn:not(.own) .say:has-text('Grüße von ${name}')`);
    assert.equal(await lena.page.locator(".say:has-text('Grüße von') :is(.wrong, .muted)").count(), 0, "it is proven");
    await program.ask({ do: "raw", text: `raw words of ${name}` });
    await lena.page.waitForSelector(`.say:has-text('raw words of ${name}')`);
    noFaults(lena);
    await program.end();
  }
  noFaults(mara);
});
