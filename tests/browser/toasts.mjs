// What was done is told for a while: it goes, but not from under pointer or focus, can be closed, and covers no composer.
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, write } from "./support.mjs";

await tell("the toasts", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { viewport: { width: 1280, height: 800 } });
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Lena");
  const token = await makeToken(page, server, channel, "Lena");
  const inside = `${server.address}/channels/${channel}`;
  // Time passes only where the story says so.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60000);
  /** Marks everything read, which is told. */
  const tellSomething = async () => {
    await write(server, channel, token, "hello");
    await page.goto(inside);
    await answered(page, () => page.click("#all-read button"), "1 message marked read.");
    await page.mouse.move(10, 10);
  };
  const isThere = async () => await page.locator("#flash").count() === 1;

  step("goes after eight seconds, and nothing moves");
  await tellSomething();
  const place = () => page.locator("#s1").evaluate((say) => say.getBoundingClientRect().top);
  const before = await place();
  await page.clock.runFor(7500);
  assert.ok(await isThere());
  await page.clock.runFor(1000);
  assert.ok(!(await isThere()));
  assert.equal(await place(), before);

  step("stays while the pointer or the focus is on it");
  for (const [enter, leave] of [
    [() => page.hover("#flash"), () => page.mouse.move(10, 10)],
    [() => page.focus("#flash [data-close]"), () => page.focus("#text")],
  ]) {
    await tellSomething();
    await enter();
    await page.clock.runFor(60000);
    assert.ok(await isThere());
    await leave();
    await page.clock.runFor(7500);
    assert.ok(await isThere());
    await page.clock.runFor(1000);
    assert.ok(!(await isThere()));
  }

  step("what was deleted can be brought back for as long as it says");
  await write(server, channel, token, "hello");
  await page.goto(`${server.address}/inbox?view=all`);
  await page.locator(".row").first().hover();
  await answered(page, () => page.locator(".row .quick [value^='delete:']").first().click(), "deleted for everyone");
  await page.mouse.move(10, 10);
  await page.clock.runFor(59000);
  assert.ok(await isThere());
  await page.clock.runFor(2000);
  assert.ok(!(await isThere()));

  step("can be closed, by mouse and by key");
  await tellSomething();
  await page.click("#flash [data-close]");
  assert.ok(!(await isThere()));
  await tellSomething();
  await page.focus("#flash [data-close]");
  await page.keyboard.press("Enter");
  assert.ok(!(await isThere()));
  assert.equal(await page.evaluate(() => document.activeElement.id), "main", "the focus is not lost");

  step("covers no composer, however tall that is");
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }, { width: 320, height: 640 }]) {
    await page.setViewportSize(viewport);
    await tellSomething();
    await page.fill("#text", "line\n".repeat(8));
    const [toast, composer] = await Promise.all(["#flash", ".composer > form"].map((at) => page.locator(at).boundingBox()));
    assert.ok(toast.y + toast.height <= composer.y, JSON.stringify({ viewport, toast, composer }));
    assert.ok(toast.x >= 0 && toast.x + toast.width <= viewport.width, JSON.stringify({ viewport, toast }));
    await page.fill("#text", "");
  }

  step("stays in a place of its own without a script");
  const plain = await newPerson(browser, { javaScriptEnabled: false, storageState: await mara.context.storageState() });
  await write(server, channel, token, "hello");
  await plain.page.goto(inside);
  await answered(plain.page, () => plain.page.click("#all-read button"));
  const [toast, form] = await Promise.all(["#flash", ".composer > form"].map((at) => plain.page.locator(at).boundingBox()));
  assert.ok(toast.y + toast.height <= form.y);
  assert.equal(await plain.page.locator("#flash [data-close]").isVisible(), false);
  noFaults(mara);
  noFaults(plain);
});
