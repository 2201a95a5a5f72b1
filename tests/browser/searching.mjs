// A search marks what it found, whatever the accents and capitals, and is kept under a name.
import { lookAt } from "./looks.mjs";
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, write } from "./support.mjs";

await tell("the story of searching", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Lena");
  const token = await makeToken(page, server, channel, "Lena");
  await write(server, channel, token, `${"far before it ".repeat(40)} der SCHLÜSSEL liegt hier ${"and far behind ".repeat(40)}`);
  await write(server, channel, token, JSON.stringify({ Schlüssel: "at the café", lock: 3 }), "application/json");
  await write(server, channel, token, "nothing of the kind");
  const marks = () => page.locator(".row .line mark").allTextContents();
  const look = async (words) => {
    await page.keyboard.press("/");
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type(words);
    await answered(page, () => page.keyboard.press("Enter"));
    assert.equal(new URL(page.url()).searchParams.get("q"), words);
  };

  step("finds by the key, without accents and capitals, and marks what it found");
  await page.goto(`${server.address}/inbox`);
  await look("schlussel");
  assert.deepEqual(await marks(), ["Schlüssel", "SCHLÜSSEL"]);
  assert.match(await page.innerText("#summary"), /2 messages found/);
  const row = page.locator(".row", { hasText: "liegt hier" });
  const mark = await row.locator("mark").boundingBox();
  const line = await row.locator(".line").boundingBox();
  assert.ok(mark.x >= line.x && mark.x + mark.width <= line.x + line.width, "the mark is seen, far inside a long text");
  await page.setViewportSize({ width: 390, height: 844 });
  for (const one of await page.locator(".row").all()) {
    const [inside, around] = [await one.locator("mark").first().boundingBox(), await one.locator(".line").boundingBox()];
    assert.ok(inside.x + inside.width <= around.x + around.width, "the mark is seen on a phone");
  }
  await page.setViewportSize({ width: 1280, height: 720 });
  await lookAt(page, "found");
  await look("CAFE lock");
  assert.deepEqual((await marks()).sort(), ["café", "lock"]);

  step("says that nothing matches, and how far it has looked");
  await look("zebra");
  assert.equal(await page.locator(".row").count(), 0);
  assert.match(await page.innerText(".empty"), /Nothing matches[\s\S]*Looked through everything/);
  await lookAt(page, "not-found");

  step("keeps the search under a name in the rail, and takes it out again");
  await look("is:unread schlussel");
  assert.equal(await page.locator(".chips a.chip").count(), 2);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.reload();
  const edge = await page.locator(".views").boundingBox();
  const all = await page.locator(".views [aria-current]").boundingBox();
  assert.ok(all.x + all.width <= edge.x + edge.width + 1, "the chosen list is seen among the others");
  await page.click("#save-search summary");
  assert.ok((await page.locator("#save-search .panel").boundingBox()).x >= 0, "the name is asked for on the screen");
  await page.setViewportSize({ width: 1280, height: 720 });
  await lookAt(page, "saving");
  await page.fill("#name", "Keys & locks");
  await answered(page, () => page.keyboard.press("Enter"));
  const saved = page.locator(".rail .to:has-text('Keys & locks')");
  assert.equal(await saved.count(), 1);
  await page.goto(`${server.address}/profile`);
  await answered(page, () => saved.click());
  assert.equal((await page.locator(".rail [aria-current]").allInnerTexts()).join().trim(), "Keys & locks");
  assert.deepEqual(await marks(), ["Schlüssel", "SCHLÜSSEL"]);
  assert.equal(await page.inputValue("#q"), "is:unread schlussel");
  await lookAt(page, "saved");
  await page.goto(`${server.address}/search`);
  await lookAt(page, "search");
  await answered(page, () => page.click("text=Remove: Keys & locks"));
  assert.equal(await saved.count(), 0);

  step("takes one filter off at a time");
  await page.goto(`${server.address}/inbox?view=all&q=is:unread+schlussel`);
  await answered(page, () => page.click(".chips a.chip:has-text('unread')"));
  assert.ok(!page.url().includes("unread"));
  assert.deepEqual(await marks(), ["Schlüssel", "SCHLÜSSEL"]);

  step("does the same without a script");
  const plain = await newPerson(browser, { javaScriptEnabled: false, storageState: await mara.context.storageState() });
  await plain.page.goto(`${server.address}/inbox`);
  await plain.page.fill("#q", "schlussel");
  await answered(plain.page, () => plain.page.keyboard.press("Enter"));
  assert.deepEqual(await plain.page.locator(".row .line mark").allTextContents(), ["Schlüssel", "SCHLÜSSEL"]);
  await plain.page.click("#save-search summary");
  await plain.page.fill("#name", "Keys");
  await answered(plain.page, () => plain.page.click("#save-search button"));
  assert.equal(await plain.page.locator(".rail .to:has-text('Keys')").count(), 1);
  noFaults(mara);
  noFaults(plain);
});
