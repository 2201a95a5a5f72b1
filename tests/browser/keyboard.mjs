// Everything by keyboard, and nothing by single keys once they are switched off.
import { LIST_SHORTCUTS } from "../../static/script/inbox/shortcuts.mjs";
import { SHORTCUTS } from "../../static/script/shortcuts.mjs";
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, sent, setUp, tell, waitFor, write } from "./support.mjs";

await tell("the keyboard story", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const done = (words, ...keys) => answered(page, () => press(...keys), words);
  const focused = () => page.evaluate(() => document.activeElement.textContent);

  await setUp(page, server);
  const channel = await makeChannel(page, server, "Orders");
  const secret = await makeToken(page, server, channel, "Web shop");
  for (const text of ["one", "two", "three", "four"]) await write(server, channel, secret, text);

  step("skips to the content");
  await page.goto(`${server.address}/inbox?view=unread`);
  await page.locator(".row").first().waitFor();
  await press("Tab");
  assert.match(await focused(), /Skip to content/);

  step("walks the list and opens a message");
  await press("j");
  assert.match(await focused(), /four/);
  await press("j", "j");
  assert.match(await focused(), /two/);
  await press("k");
  assert.match(await focused(), /three/);
  await press("o");
  await page.waitForURL("**/m/**");
  assert.equal(await page.textContent("#content"), "three");
  await page.waitForSelector("#mark-unread:visible");

  step("closes a menu with Escape, and only the menu");
  await page.locator(".who > summary").focus();
  await press("Enter");
  await page.waitForSelector(".who[open]");
  await press("Escape");
  await page.waitForSelector(".who:not([open])");
  assert.match(page.url(), /\/m\//);
  assert.ok(await page.evaluate(() => document.activeElement.matches(".who > summary")));

  step("goes back to the same place, and on to the neighbours");
  await press("u");
  await page.waitForURL(/inbox\?view=unread$/);
  await page.waitForFunction(() => document.activeElement?.matches(".line"));
  assert.equal(await focused(), "two", "the row that took the place of the one that was read");
  await page.goto(`${server.address}/inbox?view=all`);
  await press("j", "Enter");
  await page.waitForURL("**/m/**");
  await press("j");
  await waitFor("the older message", async () => (await page.textContent("#content")) === "three");

  step("marks with a key");
  await page.goto(`${server.address}/inbox?view=all`);
  await done("marked", "j", "m");

  step("archives and moves on, stars, snoozes, and marks unread again");
  await page.goto(`${server.address}/inbox`);
  const next = await page.locator(".row .line").nth(1).textContent();
  await page.locator(".row .line").first().focus();
  await done("archived", "e");
  await waitFor("the next row", async () => (await focused()) === next);
  await done("1 message starred", "s");
  await waitFor("the same row", async () => (await focused()) === next);
  await done("The star is taken off", "s");
  await done("Undone", "z");
  assert.equal(await page.locator(".row.starred").count(), 1);
  await page.goto(`${server.address}/inbox`);
  await answered(page, () => press("j", "b"));
  await answered(page, () => page.click("text=Tomorrow morning"), "1 message snoozed");
  await page.goto(`${server.address}/inbox?view=snoozed`);
  assert.equal(await page.locator(".row").count(), 1);
  await done("Undone", "z");
  await page.goto(`${server.address}/inbox`);
  await answered(page, () => press("j", "b"));
  await page.fill("#at", "2035-03-02T08:30");
  await answered(page, () => page.press("#at", "Enter"), "1 message snoozed");
  await page.goto(`${server.address}/inbox?view=snoozed`);
  assert.match(await page.locator(".row .side time").getAttribute("datetime"), /^2035-/);
  await done("Undone", "z");

  step("acts on what is selected");
  await page.goto(`${server.address}/inbox`);
  const there = await page.locator(".row").count();
  await done("2 messages archived", "j", "x", "j", "x", "e");
  assert.equal(await page.locator(".row").count(), there - 2);
  await done("Undone", "z");
  assert.equal(await page.locator(".row").count(), there);
  await page.goto(`${server.address}/inbox?view=all`);
  const seen = await page.locator(".row:not(.unread)").count();
  await page.locator(".row:not(.unread) .line").first().focus();
  await done("marked unread", "Shift+U");
  assert.equal(await page.locator(".row:not(.unread)").count(), seen - 1);

  step("keeps the selection while a message is read, and not in another list");
  await page.goto(`${server.address}/inbox`);
  await press("j", "x", "j", "x");
  const chosen = () => page.locator(".pick:checked").evaluateAll((picks) => picks.map((pick) => pick.value));
  const before = await chosen();
  assert.equal(before.length, 2);
  for (const back of [() => page.goBack(), () => press("u")]) {
    await page.locator(".row .line").nth(1).click();
    await page.waitForURL("**/m/**");
    await back();
    await page.waitForURL("**/inbox");
    await waitFor("the same selection", async () => (await chosen()).join() === before.join());
  }
  await page.locator(".row .line").nth(1).click();
  await page.waitForURL("**/m/**");
  await page.goto(`${server.address}/inbox?view=all`);
  assert.deepEqual(await chosen(), []);

  step("does nothing on Enter at a box");
  await page.goto(`${server.address}/inbox?view=unread`);
  const unread = await page.locator(".row").count();
  await page.locator(".pick").first().focus();
  await press("Enter");
  // The server answers one request after the other: with this one it has had what Enter might have sent.
  await answered(page, () => page.locator("#messages button").first().evaluate((button) => button.form.requestSubmit(button)));
  await page.reload();
  assert.ok(unread > 0);
  assert.equal(await page.locator(".row").count(), unread);
  await page.goto(`${server.address}/inbox?view=all`);

  step("selects a range and deletes it");
  await press("j", "x", "j", "j", "Shift+X");
  assert.equal(await page.locator(".pick:checked").count(), 3);
  await page.goto(`${server.address}/inbox?view=all`);
  await done("deleted for everyone", "j", "#");
  const left = await page.locator(".row").count();
  await done("Undone", "z");
  assert.equal(await page.locator(".row").count(), left + 1);

  step("goes places");
  await press("g", "i");
  await page.waitForURL("**/inbox");
  await press("g", "c");
  await page.waitForURL("**/channels");
  await press("n");
  await page.waitForURL("**/channels/new");
  await press("?");
  await page.waitForURL("**/help/shortcuts");

  step("finds every shortcut told on their page, and no other");
  const told = (await page.locator(".keys dd").allTextContents())
    .flatMap((keys) => (keys.includes(" then ") ? keys.replace(" then ", " ") : keys.split(" or ")))
    .map((key) => key.trim().replace(/^Shift\+/, "").replace(/^Esc$/, "Escape"))
    // The browser's own, and one of forms.
    .filter((key) => key !== "Enter" && key !== "Ctrl+Enter");
  assert.deepEqual([...new Set(told)].sort(), Object.keys({ ...SHORTCUTS, ...LIST_SHORTCUTS }).sort());

  step("types without pressing any");
  await press("/");
  await page.keyboard.type("g i n");
  assert.match(page.url(), /shortcuts/, "keys in a field are text");
  await press("Escape", "g", "p");
  await page.waitForURL("**/profile");

  step("writes and sends");
  await page.goto(`${server.address}/channels/${channel}`);
  await press("c");
  await page.keyboard.type("by keyboard");
  await press("Control+Enter");
  await sent(page, "by keyboard");

  step("switches single keys off");
  await page.goto(`${server.address}/profile/appearance`);
  await page.uncheck("input[name=keys]");
  await answered(page, () => page.click("text=Save"), "Saved");
  await press("n", "?");
  assert.match(page.url(), /appearance/);
  noFaults(mara);
});
