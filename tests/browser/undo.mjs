// Everything that was done to messages is taken back: from the toast, with `z`, and on another page.
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, waitFor, write } from "./support.mjs";

await tell("the story of undoing", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Orders");
  const secret = await makeToken(page, server, channel, "Web shop");
  for (const text of ["one", "two", "three", "four"]) await write(server, channel, secret, text);
  const list = `${server.address}/inbox?view=all`;
  const texts = () => page.locator(".row .line").allTextContents();
  const unread = () => page.locator(".row.unread .line").allTextContents();
  const told = (act, words) => answered(page, act, words);
  const press = (key, words) => told(() => page.keyboard.press(key), words);

  step("deletes one with its button and has it back with the toast's");
  await page.goto(list);
  await page.locator(".row").first().hover();
  await told(() => page.locator(".row .quick [value^='delete:']").first().click(), "1 message deleted for everyone");
  assert.deepEqual(await texts(), ["three", "two", "one"]);
  await told(() => page.click("#flash >> text=Undo"), "Undone");
  assert.deepEqual(await texts(), ["four", "three", "two", "one"]);

  step("marks all shown with a slip of a key, and is back where it was");
  await page.goto(`${server.address}/inbox?view=unread`);
  await page.locator(".row .line").first().focus();
  await press("m", "1 message marked read");
  const before = await texts();
  await press("a", "3 messages marked read");
  await press("z", "Undone");
  assert.deepEqual(await texts(), before);

  step("undoes on another page, one thing after the other");
  await page.goto(list);
  for (const at of [0, 1]) await page.locator(".pick").nth(at).check();
  await told(() => page.click(".acts >> text=Delete"), "2 messages deleted for everyone");
  await page.goto(`${server.address}/help/shortcuts`);
  await press("z", "Undone");
  assert.match(page.url(), /shortcuts/, "and stays there");
  await press("z", "Undone");
  await press("z", "nothing left to undo");
  await page.goto(list);
  assert.deepEqual(await unread(), ["four", "three", "two", "one"]);

  step("asks before it deletes many, for everyone");
  const more = await makeChannel(page, server, "Many");
  const many = await makeToken(page, server, more, "Many");
  for (let number = 0; number < 10; number += 1) await write(server, more, many, `many ${number}`);
  await page.goto(`${server.address}/inbox?q=many`);
  await page.locator(".pick").first().check();
  await page.check("#pickall");
  await page.click(".acts >> text=Delete for everyone");
  await page.waitForSelector("text=Delete 10 messages?");
  await told(() => page.click("main button:has-text('Delete for everyone')"), "10 messages deleted for everyone");
  await page.goto(list);

  step("marks the whole conversation read and takes that back");
  await page.goto(`${server.address}/channels/${channel}`);
  await press("a", "4 messages marked read");
  await told(() => page.click("#flash >> text=Undo"), "Undone");
  assert.match(page.url(), new RegExp(`/channels/${channel}`));
  await page.goto(list);
  assert.deepEqual(await unread(), ["four", "three", "two", "one"]);

  step("takes in what is new at the top, and changes a row that was read elsewhere");
  await page.goto(`${server.address}/inbox`);
  await page.waitForSelector('#live[data-state="on"]', { state: "attached" });
  await page.locator(".pick").nth(1).check();
  await page.locator(".row .line").nth(1).focus();
  await write(server, channel, secret, "five");
  await waitFor("the new row", async () => (await texts())[0] === "five");
  assert.equal(await page.locator("#show-new").count(), 0, "it is shown already");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "three", "the focus stays");
  assert.deepEqual(await page.locator(".row:has(.pick:checked) .line").allTextContents(), ["three"]);
  const other = await mara.context.newPage();
  await other.goto(list);
  await answered(other, () => other.locator(".row .quick [value^='read:']").nth(2).click({ force: true }));
  await waitFor("the row that was read", async () => (await unread()).join() === "five,four,two,one");
  await other.close();

  step("takes in what came while the browser kept the page for coming back");
  const comes = (type) => page.evaluate((name) => {
    dispatchEvent(new PageTransitionEvent(name, { persisted: true }));
  }, type);
  await comes("pagehide");
  await write(server, channel, secret, "six");
  // The stream is of no help: it never begins.
  await page.route("**/events?*", () => {});
  await comes("pageshow");
  await waitFor("the new row", async () => (await texts())[0] === "six");
  await page.unroute("**/events?*");
  await comes("pagehide");
  await comes("pageshow");
  await page.waitForSelector('#live[data-state="on"]', { state: "attached" });

  step("shows the newest when more came at once than the page has rows");
  let release;
  const written = new Promise((resolve) => { release = resolve; });
  await page.route(/part=true/, async (route) => { await written; await route.continue(); });
  await page.locator(".pick:checked").uncheck();
  for (let at = 1; at <= 60; at += 1) await write(server, channel, secret, `flood ${at}`);
  release();
  await waitFor("the newest row", async () => (await texts())[0] === "flood 60");
  assert.deepEqual((await texts()).filter((one) => !one.startsWith("flood")), ["three"], "only what has the focus stays");
  noFaults(mara);
});
