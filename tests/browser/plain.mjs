// The same without JavaScript: every action is a plain form, live updates are a link.
import { answered, assert, madeChannel, makeChannel, makeToken, newPerson, noFaults, owner, setUp, tell, write } from "./support.mjs";

await tell("the story without JavaScript", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { javaScriptEnabled: false });
  const { page } = mara;

  step("sets up, makes a channel and a token");
  const me = await setUp(page, server);
  const channel = await makeChannel(page, server, "Orders");
  const secret = await makeToken(page, server, channel, "Web shop");
  await write(server, channel, secret, "first");
  await write(server, channel, secret, "second");
  await write(server, channel, secret, '{"third":[1,2,{"deep":true}]}', "application/json");

  step("finds what is new with a link");
  await page.goto(`${server.address}/inbox?view=unread`);
  assert.match(await page.title(), /^\(3\) Inbox/);
  await write(server, channel, secret, "fourth");
  await page.goto(`${server.address}/inbox?view=all`);
  await answered(page, () => page.click("text=Check for new messages"));
  assert.equal(await page.locator(".row").count(), 4);

  step("opens one, unfolds its views, and marks it read with a button");
  await page.goto(`${server.address}/inbox?view=unread`);
  await answered(page, () => page.click(".row .line >> text=fourth"));
  await page.click("label:has-text('Bytes')");
  assert.match(await page.textContent(".hex"), /66 6f 75 72/);
  await answered(page, () => page.click("#mark-read"));
  await page.waitForURL("**/inbox*");
  assert.match(await page.title(), /^\(3\)/);

  step("marks all that is shown");
  await answered(page, () => page.click("text=Mark all shown read"));
  assert.match(await page.textContent("#flash"), /3 messages marked read/);
  assert.match(await page.textContent(".empty"), /all caught up/);

  step("selects two and deletes them after a question");
  await page.goto(`${server.address}/inbox?view=all`);
  await page.locator(".pick").nth(0).check();
  await page.locator(".pick").nth(1).check();
  await answered(page, () => page.click(".acts >> text=Delete"));
  await answered(page, () => page.click("text=Delete for everyone"));
  assert.match(await page.textContent("#flash"), /2 messages deleted for everyone/);
  const left = await page.locator(".row").count();
  await answered(page, () => page.click("#flash >> text=Undo"));
  assert.match(await page.textContent("#flash"), /Undone/);
  assert.equal(await page.locator(".row").count(), left + 2);
  await page.locator(".pick").nth(0).check();
  await page.locator(".pick").nth(1).check();
  await answered(page, () => page.click(".acts >> text=Delete"));
  await answered(page, () => page.click("text=Delete for everyone"));

  step("writes, with what is wrong said where it is");
  await page.goto(`${server.address}/channels/${channel}`);
  await page.selectOption("#kind", "json");
  await page.fill("#text", "{broken");
  await answered(page, () => page.click("button.main:has-text('Send')"));
  assert.match(await page.textContent("#problems"), /not JSON/);
  assert.equal(await page.inputValue("#text"), "{broken", "nothing typed is lost");
  await page.selectOption("#kind", "text");
  await answered(page, () => page.click("button.main:has-text('Send')"));
  assert.match(await page.textContent(".own .say"), /\{broken/);
  await page.goto(`${server.address}/inbox?view=sent`);
  assert.equal(await page.locator(".row").count(), 1);

  step("locks and opens the channel");
  await page.goto(`${server.address}/channels/${channel}/settings`);
  await page.check("input[name=locked]");
  await page.fill("#min_days", "9");
  await page.fill("#max_days", "3");
  await answered(page, () => page.click("text=Save"));
  assert.match(await page.textContent("#problems"), /must not be more days/);
  await page.fill("#min_days", "");
  await answered(page, () => page.click("text=Save"));
  await page.goto(`${server.address}/channels/${channel}`);
  assert.match(await page.textContent("#write"), /locked/);

  step("reads before writing where the channel wants it");
  await page.goto(`${server.address}/channels/new`);
  await page.fill("#label", "In turns");
  await page.click("summary:has-text('More settings')");
  await page.check("input[name=sequenced]");
  await answered(page, () => page.click("text=Make the channel"));
  const turns = await madeChannel(page);
  const other = await makeToken(page, server, turns, "Other side");
  await write(server, turns, other, "your turn");
  await page.goto(`${server.address}/channels/${turns}`);
  assert.match(await page.textContent("#write"), /must be read before you can write/);
  await answered(page, () => page.click("#write >> text=Mark all read"));
  await page.fill("#text", "mine");
  await answered(page, () => page.click("button.main:has-text('Send')"));
  assert.match(await page.textContent(".own .say"), /mine/);

  step("searches with the form");
  await page.goto(`${server.address}/search`);
  await page.fill("#words", "your");
  await page.selectOption("#channel", { label: "In turns" });
  await answered(page, () => page.click("main >> button:has-text('Search')"));
  assert.equal(await page.locator(".row").count(), 1);
  await answered(page, () => page.locator(".chips a").first().click());
  assert.equal(await page.locator(".chips a").count(), 1);

  step("loses nothing when the session ends while one writes");
  const letter = "Dear Lena,\nthis took me a while, and it has <b>no</b> script.";
  await page.goto(`${server.address}/channels/${turns}`);
  await page.fill("#text", letter);
  await mara.context.clearCookies();
  await answered(page, () => page.click("button.main:has-text('Send')"));
  assert.match(await page.textContent("main"), /What you wrote was not sent/);
  await page.fill("#user", me.user);
  await page.fill("#password", me.password);
  await answered(page, () => page.click("button.main"));
  assert.equal(await page.inputValue("textarea"), letter);
  await answered(page, () => page.click("text=Send it again"));
  assert.match(await page.textContent("#talk .own .say >> nth=-1"), /it has <b>no<\/b> script/);

  step("somebody without a script writes where everybody may and nothing is sealed, and is told elsewhere why not");
  const eva = await newPerson(browser, { javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
  await eva.page.goto(`${server.address}/c/${channel}`);
  assert.match(await eva.page.textContent("noscript .note"), /This page needs a script/);
  assert.ok(await eva.page.isVisible("noscript .note"));
  assert.equal(await eva.page.locator("main form:visible").count(), 0);
  const open = await makeChannel(page, server, "Letters", "receive");
  await owner(server, `/channel/${open}`, { public_write: true });
  await eva.page.goto(`${server.address}/c/${open}`);
  await eva.page.fill("#text", "Do you have seedlings?");
  if (process.env.LOOKS) await eva.page.screenshot({ path: `${process.env.LOOKS}/plain-form-320.png` });
  await answered(eva.page, () => eva.page.click("noscript button"));
  assert.match(await eva.page.textContent("noscript .note.ok"), /Sent\. You may write another one\./);
  assert.equal(await eva.page.inputValue("#text"), "");
  await page.goto(`${server.address}/channels/${open}`);
  assert.match(await page.textContent("#talk"), /Do you have seedlings\?/);
  noFaults(eva);

  step("changes the look and signs out");
  await page.goto(`${server.address}/profile/appearance`);
  await page.check("input[name=theme][value=light]");
  await answered(page, () => page.click("text=Save"));
  await page.waitForSelector('html[data-theme="light"]');
  await page.goto(`${server.address}/profile/sessions`);
  await answered(page, () => page.click("button:has-text('Sign out everywhere')"));
  await page.waitForURL("**/login");
  await page.fill("#user", me.user);
  await page.fill("#password", "not it at all");
  await answered(page, () => page.click("button.main"));
  assert.match(await page.textContent("#problems"), /name or the password is wrong/);
  noFaults(mara);
});
