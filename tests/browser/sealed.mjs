// Both sides seal: the owner and a counterparty talk, and whoever keeps the server can read not one word of it.
import { assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, waitFor } from "./support.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** Makes a key on the owner's device, or takes one in, and answers its secret half for another device. */
async function makeKey(page, secret = null) {
  return page.evaluate(async (given) => {
    const scripts = document.querySelector("script[src]").src.replace(/\/script\/.*/, "/script");
    const { OwnKeys } = await import(`${scripts}/keys/own_keys.mjs`);
    const { newSecret } = await import(`${scripts}/sealing/keys.mjs`);
    const { nameOfKey } = await import(`${scripts}/sealing/envelope.mjs`);
    const bytes = given ? Uint8Array.from(given) : newSecret();
    const copy = [...bytes];
    const pair = await (await OwnKeys.open()).add(bytes);
    return { secret: copy, name: nameOfKey(pair.publicKey), publicKey: [...pair.publicKey] };
  }, secret);
}

await tell("both sides seal", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { viewport: { width: 1280, height: 800 } });
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Lena");
  const token = await makeToken(page, server, channel, "Lena");
  const inside = `${server.address}/channels/${channel}`;
  await page.goto(`${server.address}/profile/keys`);
  const key = await makeKey(page);
  await page.fill("#key", key.name);
  await page.click("main button:text-is(\"Publish\")");
  await page.waitForSelector("text=The key is published");

  step("a counterparty writes");
  const lena = await newPerson(browser, PHONE);
  const fingerprint = Buffer.from(await crypto.subtle.digest("SHA-256", Uint8Array.from(key.publicKey))).subarray(0, 16).toString("base64url");
  await lena.page.goto(`${server.address}/c/${channel}#${token}.${fingerprint}`);
  await lena.page.waitForSelector("text=Only you two can read this");
  await lena.page.fill("textarea", "Two trays of zebra grass");
  await lena.page.click("text=Send");
  await lena.page.waitForSelector("[data-state=sending]", { state: "detached" });

  step("the owner reads it in the list, in the conversation, and on its own page");
  await page.goto(`${server.address}/inbox`);
  await page.waitForSelector(".row .line:has-text('Two trays of zebra grass')");
  await page.goto(inside);
  await page.waitForSelector(".say:has-text('Two trays of zebra grass'):has-text('Sender not proven')");
  await page.goto(`${server.address}/m/${channel}/1`);
  await page.waitForSelector("#content:has-text('Two trays of zebra grass')");

  step("and answers sealed");
  await page.goto(inside);
  await page.waitForSelector("#sealed-for:has-text('Sealed for Lena')");
  await page.fill("#text", "Both zebra trays are yours");
  await page.click("button:has-text('Send') >> visible=true");
  await page.waitForSelector(".talk .own .say:has-text('zebra trays')");
  await lena.page.waitForSelector(".turn:not(.own) .say:has-text('zebra trays')");
  noFaults(mara);
  noFaults(lena);
});
