// A channel as a conversation: where it opens, how it grows at both ends, what is done to a message where it stands.
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, owner, sent, setUp, tell, waitFor, write } from "./support.mjs";

const basic = { authorization: `Basic ${Buffer.from("mara:a quiet green garden").toString("base64")}` };

await tell("the conversation", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { viewport: { width: 1280, height: 800 } });
  const { page } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Lena");
  const token = await makeToken(page, server, channel, "Lena");
  const inside = `${server.address}/channels/${channel}`;
  for (let number = 1; number <= 120; number += 1) await write(server, channel, token, `message ${number}`);
  const shown = () => page.$$eval(".say", (says) => says.map((say) => Number(say.dataset.sequence)));
  const isInView = (selector) => page.locator(selector).first().evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= document.querySelector(".talkhead").getBoundingClientRect().bottom
      && bottom <= document.querySelector(".composer").getBoundingClientRect().top;
  });
  const room = () => page.evaluate(() => document.querySelector(".composer").getBoundingClientRect().top
    - document.querySelector(".talkhead").getBoundingClientRect().bottom);

  step("opens at the first unread message, else at the newest");
  await page.goto(inside);
  await waitFor("the first message to be seen", () => isInView("#s1"));
  await answered(page, () => page.click("#all-read button"));
  await page.waitForSelector("span#new", { state: "attached" });
  await waitFor("the newest message to be seen", () => isInView("#s120"));
  assert.ok(await room() >= 560, `only ${await room()} px for messages`);

  step("grows upwards without moving what is read, and the address leads back");
  const first = (await shown())[0];
  await page.evaluate(() => scrollTo(0, 0));
  const before = await page.locator(`#s${first}`).evaluate((element) => element.getBoundingClientRect().top);
  await page.dblclick("#earlier");
  await page.waitForSelector(`#s${first - 1}`, { state: "attached" });
  const after = await page.locator(`#s${first}`).evaluate((element) => element.getBoundingClientRect().top);
  assert.ok(Math.abs(after - before) < 60, `it moved by ${after - before} px`);
  const all = await shown();
  assert.deepEqual(all, all.map((_, at) => all[0] + at), "none twice, none missing");
  assert.match(page.url(), new RegExp(`at=${all[0]}$`));
  await page.reload();
  await page.waitForSelector(`#s${all[0]}`, { state: "attached" });

  step("grows downwards");
  await page.goto(`${inside}?at=30`);
  await waitFor("message 30 to be seen", () => isInView("#s30"));
  while (await page.locator("#later").count()) {
    const last = (await shown()).at(-1);
    await page.click("#later");
    await page.waitForSelector(`#s${last + 1}`, { state: "attached" });
  }
  assert.equal((await shown()).at(-1), 120);

  step("shows what comes while the reader is at the end, and offers it elsewhere");
  await page.goto(inside);
  await page.waitForSelector('#live[data-state="on"]');
  await write(server, channel, token, "just came");
  await waitFor("the new message to be seen", async () => await page.locator("#s121").count() && isInView("#s121"));
  await page.evaluate(() => scrollTo(0, 0));
  await write(server, channel, token, "came below");
  await page.click("#show-below:has-text('1 new below')");
  await waitFor("the message below to be seen", () => isInView("#s122"));
  assert.equal(await page.locator("#show-new").count(), 0, "nothing asks to load the page again");
  assert.equal(await page.locator("h2.day").count(), 1, "one heading for one day");
  assert.equal(await page.locator("#all-read").isVisible(), true);

  step("comes back to the place that was left");
  await page.goto(`${inside}?at=60`);
  await waitFor("message 60 to be seen", () => isInView("#s60"));
  await page.locator("#s60").hover();
  await page.click("#s60 .acts summary");
  await page.click("#s60 >> text=Details");
  await page.waitForURL("**/m/**");
  await page.goBack();
  await waitFor("message 60 to be seen again", () => isInView("#s60"));

  step("quotes where one writes, and typing is no shortcut");
  await page.locator("#s60").hover();
  await page.click("#s60 .acts summary");
  await page.click("#s60 [data-quote]");
  await page.keyboard.type("ajx#");
  assert.equal(await page.inputValue("#text"), "#60\n> message 60\n\najx#");
  await page.keyboard.press("Control+Enter");
  await sent(page, "ajx#");

  step("replies from a message with the field in focus, by mouse and by key");
  for (const reply of [() => page.click('.tools a[aria-label="Reply"]'), () => page.keyboard.press("c")]) {
    await page.goto(`${server.address}/m/${channel}/60`);
    await page.waitForSelector('#live[data-state="on"]');
    await reply();
    await page.waitForURL("**/channels/**");
    await page.waitForFunction(() => document.activeElement?.id === "text");
    await waitFor("the message that is answered to be seen", () => isInView("#s60"));
  }

  step("marks one unread, and opens there");
  await page.locator("#s60").hover();
  await page.click("#s60 .acts summary");
  await answered(page, () => page.click("#s60 >> text=Mark unread"));
  assert.match(page.url(), new RegExp(`/channels/${channel}\\?at=60`));
  await waitFor("message 60 to be seen where it was", () => isInView("#s60"));
  assert.equal(await page.locator(".newline + .turn .say").first().getAttribute("id"), "s60");
  assert.equal(await page.locator("nav.rail [aria-current]").count(), 1, "one place is marked in the rail");

  step("keeps up with many that come at once, each once and in order");
  await page.goto(inside);
  await answered(page, () => page.click("#all-read button"));
  await page.waitForSelector("span#new", { state: "attached" });
  await page.waitForSelector('#live[data-state="on"]');
  await Promise.all(Array.from({ length: 130 }, (_, number) => write(server, channel, token, `burst ${number}`)));
  await write(server, channel, token, "the last of all");
  await page.waitForSelector(".say:has-text('the last of all')", { state: "attached" });
  const grown = await shown();
  assert.deepEqual(grown, grown.map((_, at) => grown[0] + at));

  step("keeps two apart who have one name");
  const namesake = await makeToken(page, server, channel, "Lena");
  await page.goto(inside);
  await answered(page, () => page.click("#all-read button"));
  await page.waitForSelector("span#new", { state: "attached" });
  await page.waitForSelector('#live[data-state="on"]');
  await write(server, channel, token, "from Lena");
  await write(server, channel, namesake, "from the other Lena");
  await page.waitForSelector(".say:has-text('from the other Lena')", { state: "attached" });
  assert.equal(await page.locator(".turn:has(.say:has-text('from the other Lena')) .say").count(), 1);

  step("shows what one sends, however much is unread");
  await page.goto(inside);
  await page.fill("#text", "my own answer");
  await page.click("button.main:has-text('Send')");
  await waitFor("the answer to be seen", async () => await page.locator(".own .say:has-text('my own answer')").count()
    && isInView(".own .say:has-text('my own answer')"));
  await sent(page, "my own answer");

  step("what must be read first is, with one press, and what was refused is not sent by itself");
  const orders = await owner(server, "/channel", { public_read: false, public_write: false, sequenced: true, retention: { auto_prune: false } });
  const theirs = await makeToken(page, server, orders.id, "Lena");
  await page.goto(`${server.address}/channels/${orders.id}`);
  await page.waitForSelector('#live[data-state="on"]');
  await write(server, orders.id, theirs, "before yours");
  await page.waitForSelector(".say:has-text('before yours')");
  await page.fill("#text", "after theirs");
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#outgoing button:has-text('Mark read and send')");
  await page.click("#outgoing button:has-text('Mark read and send')");
  await sent(page, "after theirs");
  const read = { method: "POST", headers: { authorization: `Bearer ${theirs}`, "content-type": "application/json" }, body: '{"read":true}' };
  await fetch(`${server.address}/api/v1/channel/${orders.id}/2`, read);
  await write(server, orders.id, theirs, "once more");
  await page.waitForSelector(".say:has-text('once more')");
  await page.fill("#text", "refused");
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#outgoing button:has-text('Mark read and send')");
  await page.reload();
  await answered(page, () => page.click(".composer button:has-text('Mark all read')"));
  await page.waitForSelector("#outgoing .turn:has-text('refused'):has-text('This was not sent')");

  step("a file keeps its name whatever is in it, and nobody is written to unawares");
  await write(server, orders.id, theirs, Uint8Array.from({ length: 300 }, (_, at) => (at * 97 + 131) % 256), 'application/octet-stream; name="almost.bin"');
  await page.waitForSelector(".say .filerow:has-text('almost.bin') >> text=Save");
  for (const { id } of (await owner(server, `/channel/${orders.id}/api-token`))) {
    await fetch(`${server.address}/api/v1/account/1/channel/${orders.id}/api-token/${id}`, { method: "DELETE", headers: basic });
  }
  await page.goto(`${server.address}/channels/${orders.id}`);
  await answered(page, () => page.click(".composer button:has-text('Mark all read')"));
  await page.waitForSelector(".composer:has-text('Nobody else has access')");

  step("says when it cannot load, and stays");
  await page.goto(`${inside}?at=100`);
  await mara.context.setOffline(true);
  await page.click("#earlier");
  await page.waitForSelector("#earlier:has-text('could not be loaded')");
  await mara.context.setOffline(false);
  mara.faults.length = 0;
  noFaults(mara);
});
