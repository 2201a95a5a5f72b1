// The list and the conversation as they lie: how much can be seen at once, nothing cut off, and where one comes back to.
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, write } from "./support.mjs";

await tell("the sizes", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { viewport: { width: 1280, height: 800 } });
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Orders from the web shop, and whatever else comes from there");
  const token = await makeToken(page, server, channel, "Web shop");
  for (let number = 1; number <= 40; number += 1) await write(server, channel, token, `order ${number}, which is told in a line`);
  const inside = `${server.address}/channels/${channel}`;
  const heights = () => page.$$eval(".row", (rows) => [...new Set(rows.map((row) => Math.round(row.getBoundingClientRect().height)))]);
  const inView = () => page.$$eval(".row", (rows) => rows.filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }).length);

  step("leaves room for messages on a desk and on a phone");
  for (const [width, height, least] of [[1280, 800, 560], [390, 844, 480]]) {
    await page.setViewportSize({ width, height });
    await page.goto(inside);
    const room = await page.evaluate(() => document.querySelector(".composer").getBoundingClientRect().top
      - document.querySelector(".talkhead").getBoundingClientRect().bottom);
    assert.ok(room >= least, `${room} px for messages at ${width} × ${height}`);
  }

  step("shows twelve rows of the list at once, and more when they are compact");
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${server.address}/inbox`);
  await answered(page, () => page.click("text=Put away"));
  assert.deepEqual(await heights(), [52]);
  const comfortable = await inView();
  assert.ok(comfortable >= 12, `${comfortable} rows`);
  await page.goto(`${server.address}/profile/appearance`);
  await page.check("input[name=density][value=compact]");
  await answered(page, () => page.click("text=Save"), "Saved");
  await page.goto(`${server.address}/inbox`);
  assert.deepEqual(await heights(), [40]);
  assert.ok(await inView() > comfortable);

  step("has the list where it was when one comes back to it");
  await page.evaluate(() => scrollTo(0, 400));
  const { x, y } = await page.locator(".row .line").nth(20).boundingBox();
  for (const back of [() => page.click("#back"), () => page.keyboard.press("u"), () => page.goBack()]) {
    await answered(page, () => page.mouse.click(x + 20, y + 5));
    await page.waitForSelector('#live[data-state="on"]');
    await back();
    await page.waitForSelector(".row .line:focus");
    assert.equal(await page.evaluate(() => scrollY), 400);
  }

  step("has every count within its pill");
  for (let number = 0; number < 1100; number += 100) {
    await Promise.all(Array.from({ length: 100 }, () => write(server, channel, token, "more")));
  }
  for (const width of [1280, 768, 390]) {
    await page.setViewportSize({ width, height: 800 });
    for (const path of ["/inbox", "/channels", "/inbox?view=starred"]) {
      await page.goto(server.address + path);
      const wrong = await page.$$eval(".count, .chip, .views a, .mini", (parts) => parts
        .filter((part) => part.checkVisibility() && (part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1))
        .map((part) => `${part.className}: ${part.textContent.trim()}`));
      assert.deepEqual(wrong, [], `${path} at ${width}`);
    }
  }

  step("pages both ways with a key, and back to the newest");
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${server.address}/inbox`);
  const first = () => page.getAttribute(".row >> nth=0", "data-row");
  const seen = [await first()];
  for (const key of ["]", "]", "["]) {
    await answered(page, () => page.keyboard.press(key));
    seen.push(await first());
  }
  assert.deepEqual([new Set(seen).size, seen[3]], [3, seen[1]]);
  await answered(page, () => page.keyboard.press("]"));
  await answered(page, () => page.click("text=Newest"));
  assert.equal(await first(), seen[0]);
  noFaults(mara);
});
