// Somebody new is led from nothing to the first message.
import { lookAt } from "./looks.mjs";
import { answered, assert, freePort, makeChannel, makeToken, newPerson, noFaults, setUp, tell } from "./support.mjs";

await tell("the first steps", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  await setUp(page, server);
  const inbox = `${server.address}/inbox`;
  const open = () => page.locator(".firststeps li:not(.done) b").allInnerTexts();

  step("an empty inbox says what comes next");
  await page.goto(inbox);
  assert.deepEqual(await open(), ["Make a channel", "Invite somebody", "Keep a copy of the key", "Set the public address"]);
  assert.match(await page.innerText(".empty h2"), /Invite somebody/);
  await lookAt(page, "steps-none");
  await page.click(".firststeps a:has-text('Go there') >> nth=0");
  await page.waitForURL("**/channels/new?first=1");

  step("the list knows what is done");
  const channel = await makeChannel(page, server, "Orders");
  await page.goto(inbox);
  assert.deepEqual(await open(), ["Invite somebody", "Keep a copy of the key", "Set the public address"]);
  await answered(page, () => page.click(".firststeps button:has-text('I have one')"));
  assert.deepEqual(await open(), ["Invite somebody", "Set the public address"]);
  await lookAt(page, "steps-half");

  step("a test message arrives as a counterparty's does, and the page shows it");
  await answered(page, () => page.click("text=Send yourself a test message"));
  await page.waitForSelector(".row.unread >> text=This is a test");
  assert.match(await page.innerText(".row .from"), /Test in Orders/);
  assert.deepEqual(await open(), ["Invite somebody", "Set the public address"], "nobody got access by that");
  await lookAt(page, "steps-tested");
  await page.goto(`${server.address}/channels/${channel}/tokens`);
  assert.equal(await page.locator("a.contact:has-text('Test')").count(), 0, "its token is gone");

  step("a token for somebody else is the next one, and the list can be put away for good");
  await makeToken(page, server, channel, "Web shop");
  await page.goto(inbox);
  assert.deepEqual(await open(), ["Set the public address"]);
  await answered(page, () => page.click("text=Put away"));
  assert.equal(await page.locator(".firststeps").count(), 0);
  await page.reload();
  assert.equal(await page.locator(".firststeps").count(), 0);
  noFaults(mara);
});

const LISTEN = `127.0.0.1:${await freePort()}`;
await tell("the first steps behind a public address", async ({ server, browser, step }) => {
  step("end by themselves, without a script too");
  const mara = await newPerson(browser, { javaScriptEnabled: false });
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Orders");
  await page.goto(`${server.address}/inbox`);
  await answered(page, () => page.click("text=Send yourself a test message"));
  await page.waitForSelector(".row.unread >> text=This is a test");
  await makeToken(page, server, channel, "Web shop");
  await page.goto(`${server.address}/inbox`);
  await answered(page, () => page.click(".firststeps button:has-text('I have one')"));
  assert.equal(await page.locator(".firststeps").count(), 0);
  noFaults(mara);
}, { LISTEN, PEERBOX_SERVER__BASE_URL: `http://${LISTEN}` });
