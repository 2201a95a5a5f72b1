// What a page says while it stays open is true: times and days of the reader's zone, the live sign, the sentence of an
// empty inbox.
import { assert, makeChannel, makeToken, newPerson, noFaults, setUp, startServer, tell, waitFor, write } from "./support.mjs";

const LATE = "Etc/GMT-14";

await tell("what pages say", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { timezoneId: LATE });
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Orders");
  const secret = await makeToken(page, server, channel, "Web shop");

  step("says until when sensitive actions are unlocked, by the reader's clock");
  await page.goto(`${server.address}/profile/security`);
  const until = page.locator("text=Sensitive actions are unlocked until >> time");
  const at = new Date(await until.getAttribute("datetime"));
  const told = await until.textContent();
  const minute = String(at.getUTCMinutes()).padStart(2, "0");
  const hours = (at.getUTCHours() + 14) % 24;
  assert.ok(told.includes(`:${minute}`) && [hours, hours % 12 || 12].some((hour) => told.includes(`${hour}:`)), told);

  step("is not all caught up once something came");
  await page.goto(`${server.address}/inbox?view=unread`);
  await page.waitForSelector('#live[data-state="on"]', { state: "attached" });
  assert.ok(await page.isVisible("text=You're all caught up"));
  await write(server, channel, secret, "first");
  await page.waitForSelector("#came:visible");
  assert.ok(!(await page.isVisible("text=You're all caught up")));
  assert.equal(await page.innerText("#summary"), "0 of 1 unread", "as the server says it");
  await page.click("#came >> text=Show it");
  await page.waitForSelector(".row.unread");

  step("puts messages under the reader's days and dates, also when a day has passed");
  const received = new Date(await page.locator(".row time").getAttribute("datetime"));
  assert.equal(await page.textContent("h2.day"), "Today");
  for (const [days, title] of [[1, "Yesterday"], [3, new Intl.DateTimeFormat("en-GB", { timeZone: LATE, weekday: "long" }).format(received)]]) {
    await page.clock.setFixedTime(new Date(received.getTime() + days * 86400000 + 60000));
    const date = new Intl.DateTimeFormat("en-GB", { timeZone: LATE, day: "numeric", month: "short" }).format(received);
    for (const [path, heading, time] of [["/inbox", "h2.day", ".row time"], [`/channels/${channel}`, "#talk h2.day", ".turn time"]]) {
      await page.goto(server.address + path);
      assert.ok((await page.textContent(heading)).startsWith(title), `${path}: ${await page.textContent(heading)}`);
      assert.ok((await page.textContent(time)).startsWith(date), `${path}: ${await page.textContent(time)} is not ${date}`);
      assert.equal(await page.locator(heading).count(), 1);
    }
  }

  step("is not live any more as soon as the server is gone");
  const other = await startServer();
  const guest = await newPerson(browser);
  await setUp(guest.page, other);
  await guest.page.waitForSelector('#live[data-state="on"]', { state: "attached" });
  await other.kill();
  await waitFor("the sign to change", async () => (await guest.page.getAttribute("#live", "data-state")) !== "on", 5);
  assert.match(await guest.page.textContent("#live"), /Reconnecting|Offline/);
  await other.stop();
  noFaults(mara);
});
