// At the width of a phone: nothing sideways, everything within reach of a thumb.
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, sent, setUp, tell, write } from "./support.mjs";

await tell("the phone story", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const { page } = mara;
  // A card cuts off what is wider than it is.
  const sideways = () => page.evaluate(() => Math.max(document.documentElement.scrollWidth - innerWidth,
    ...[...document.querySelectorAll(".card.plain")].map((card) => card.scrollWidth - card.clientWidth)));

  step("sets up and hands a channel out");
  await setUp(page, server);
  const channel = await makeChannel(page, server, "A channel with a name that goes on for quite a while");
  const secret = await makeToken(page, server, channel, "Web shop");
  await write(server, channel, secret, "x".repeat(500));
  await write(server, channel, secret, JSON.stringify({ long: "y".repeat(400) }), "application/json");

  step("uses the bar at the bottom");
  await page.goto(`${server.address}/inbox?view=unread`);
  assert.ok(await page.isVisible("nav.bottom"));
  assert.ok(await page.isHidden("nav.rail"));
  await page.tap("nav.bottom >> text=Channels");
  await page.waitForURL("**/channels");
  await page.tap("nav.bottom >> text=Search");
  await page.waitForURL("**/search");
  await page.tap("nav.bottom >> text=Inbox");
  await page.waitForURL("**/inbox");

  step("reads and answers");
  await page.locator(".row .line").first().tap();
  await page.waitForURL("**/m/**");
  await page.locator(".tools a:has-text('Reply')").tap();
  await page.waitForURL("**/channels/**");
  await page.fill("#text", "on my way");
  await page.tap("button.main:has-text('Send')");
  await sent(page, "on my way");

  step("sees the last message above the place to write, and all that can be done with it");
  for (let i = 0; i < 20; i += 1) await write(server, channel, secret, `number ${i}`);
  await page.goto(`${server.address}/channels/${channel}?at=23`);
  const box = (selector) => page.locator(selector).last().boundingBox();
  const [last, write_] = [await box(".say"), await box(".composer")];
  assert.ok(last.y + last.height <= write_.y, `${last.y} + ${last.height} is below ${write_.y}`);
  await page.locator(".say .acts summary").last().tap();
  const menu = await box(".acts[open] .panel");
  assert.ok(menu.x >= 0 && menu.x + menu.width <= 390 && menu.y >= 0 && menu.y + menu.height <= 844, JSON.stringify(menu));
  await answered(page, () => page.tap(".acts[open] >> text=Star"));
  await page.waitForSelector(".say .starmark");

  step("never scrolls sideways and cuts nothing off, from 1024 down to 320 pixels");
  for (const width of [1024, 768, 390, 320]) {
    await page.setViewportSize({ width, height: 700 });
    for (const path of ["/inbox?view=all", `/m/${channel}/1`, `/m/${channel}/2`, "/channels", "/channels/new", `/channels/${channel}`,
      `/channels/${channel}/tokens`, `/channels/${channel}/share`, `/channels/${channel}/settings`, "/search", "/profile",
      "/profile/security", "/profile/sessions", "/profile/appearance", "/admin", "/help", "/help/api", "/help/webhooks", "/help/shortcuts", "/nowhere"]) {
      await page.goto(server.address + path);
      assert.ok((await sideways()) <= 0, `${path} at ${width}`);
    }
  }

  step("sees nothing shift while pages load");
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    for (const path of ["/inbox?view=all", `/m/${channel}/1`, `/channels/${channel}`, "/profile"]) {
      await page.goto(server.address + path);
      await page.waitForSelector('#live[data-state="on"]', { state: "attached" });
      // A mark that is made after the next frame is told after every shift before it.
      const shift = await page.evaluate(() => new Promise((resolve) => {
        let sum = 0;
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            if (entry.entryType === "mark") resolve(sum);
            else sum += entry.value;
          }
        });
        observer.observe({ type: "layout-shift", buffered: true });
        observer.observe({ type: "mark" });
        requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("shown")));
      }));
      assert.ok(shift < 0.01, `${path} at ${width} shifts by ${shift}`);
    }
  }

  step("finds targets large enough");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${server.address}/inbox?view=all`);
  const small = await page.evaluate(() => [...document.querySelectorAll("a, button, input:not([type=hidden]), summary, select")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.closest(".vh") && !one.classList.contains("skip"))
    .map((one) => [one.closest("label") || one, one])
    .filter(([target]) => { const box = target.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
    .map(([, one]) => one.outerHTML.slice(0, 120))
    .filter((html) => !html.includes('class="line')));
  assert.deepEqual(small, []);
  noFaults(mara);
});
