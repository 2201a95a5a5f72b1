// A counterparty is given a name, a note and a colour, and loses rights while it is connected.
import { lookAt } from "./looks.mjs";
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, sent, setUp, tell, waitFor, write } from "./support.mjs";

await tell("the story of contacts", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Orders");
  const secret = await makeToken(page, server, channel, "token 2");
  await write(server, channel, secret, "Two trays of seedlings, please.");
  const tokens = `${server.address}/channels/${channel}/tokens`;

  step("is renamed, and is called so in the list, in the conversation and in a search");
  await page.goto(tokens);
  await answered(page, () => page.click("a.contact:has-text('token 2')"));
  await lookAt(page, "contact");
  await page.fill("#label", "Léa's wallet");
  await page.fill("#note", "Met at the market.\nPays on Fridays.");
  await page.click(".swatch >> nth=3");
  await answered(page, () => page.click("text=Save"), "Saved");
  const inside = page.url();
  assert.equal(await page.locator("h1").innerText(), "Léa's wallet");
  assert.equal(await page.inputValue("#note"), "Met at the market.\nPays on Fridays.");
  const hue = await page.evaluate(() => document.querySelector(".swatch input:checked + .mark").className);
  const sameColour = async (mark) => assert.equal((await page.locator(mark).first().getAttribute("class")).match(/hue\d+/)[0], hue.match(/hue\d+/)[0]);
  await sameColour(".chanhead .mark");
  await page.goto(`${server.address}/inbox`);
  assert.match(await page.innerText(".row .from"), /Léa's wallet/);
  await sameColour(".row .mark");
  await page.goto(`${server.address}/channels/${channel}`);
  await page.waitForSelector(".talk >> text=Léa's wallet");
  await page.goto(`${server.address}/inbox?view=all&q=from:lea`);
  assert.equal(await page.locator(".row").count(), 1, "found without the accent");
  await page.goto(`${server.address}/inbox?view=all&q=from:token`);
  assert.equal(await page.locator(".row").count(), 0, "the old name is gone");

  step("is refused a name that is none, and nothing that was typed is lost");
  await page.goto(inside);
  await page.fill("#label", "   ");
  await page.fill("#note", "half a note");
  await answered(page, () => page.click("text=Save"));
  await page.waitForSelector("#label[aria-invalid]");
  assert.equal(await page.inputValue("#note"), "half a note");
  await lookAt(page, "contact-refused");
  await page.fill("#label", "Léa's wallet");
  await answered(page, () => page.click("text=Save"), "Saved");

  step("keeps its socket when it may only write no more, and loses it with the right to read");
  const other = await newPerson(browser);
  await other.page.goto(`${server.address}/login`);
  await other.page.evaluate(([id, token]) => new Promise((open, failed) => {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/channel/${id}/notify?token=${token}`);
    socket.onopen = open;
    socket.onerror = failed;
    socket.onclose = () => { window.isClosed = true; };
    socket.onmessage = ({ data }) => { window.heard = data; };
  }), [channel, secret]);
  const answerTo = async (method, body) => (await fetch(`${server.address}/api/v1/channel/${channel}`, {
    method, body, headers: { authorization: `Bearer ${secret}`, "content-type": "text/plain" },
  })).status;
  const narrow = async (right) => {
    await page.goto(inside);
    await page.uncheck(`input[name=${right}]`);
    await answered(page, () => page.click("text=Save"));
    await answered(page, () => page.click("button:has-text('Take away')"), "Saved");
  };
  assert.equal(await answerTo("POST", "another"), 200);
  await narrow("write");
  assert.equal(await answerTo("POST", "one more"), 401);
  assert.equal(await answerTo("GET"), 200, "the secret is the same");
  await page.goto(`${server.address}/channels/${channel}`);
  await page.fill("#text", "They are ready.");
  await page.click("button.main:has-text('Send')");
  await sent(page, "They are ready.");
  await waitFor("the notification", () => other.page.evaluate(() => window.heard));
  assert.equal(await other.page.evaluate(() => window.isClosed), undefined);
  await narrow("read");
  await waitFor("the end of the socket", () => other.page.evaluate(() => window.isClosed));
  assert.equal(await answerTo("GET"), 401);
  assert.match(await page.innerText(".chanhead"), /no rights/);
  assert.equal(await page.locator("fieldset:has-text('Rights')").count(), 0, "there is nothing left to take");
  await lookAt(page, "contact-narrowed");
  await page.goto(tokens);
  await lookAt(page, "tokens");
  noFaults(mara);
});
