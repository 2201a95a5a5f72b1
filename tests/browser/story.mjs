// A new person, from the first start to signing out everywhere.
import { answered, assert, madeChannel, makeToken, newPerson, noFaults, sent, setUp, tell, waitFor, write } from "./support.mjs";

await tell("the story of a new person", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;

  step("sets up");
  await page.goto(`${server.address}/`);
  assert.match(page.url(), /\/setup$/, "without an account everything leads to setting up");
  await page.fill("#code", "not the code");
  await page.fill("#account", "Garden Shop");
  await page.fill("#user", "mara");
  await page.fill("#password", "a quiet green garden");
  await answered(page, () => page.click("text=Make the account and start"));
  assert.match(await page.textContent("#problems"), /not the code/);
  const me = await setUp(page, server);

  step("makes the first channel");
  await page.fill("#label", "Orders <b>from</b> the shop");
  await page.check("input[value=receive]");
  assert.match(await page.innerText("#meaning-text"), /^Whoever holds a token you make can leave messages and reads nothing\. Messages stay/);
  await page.check("input[value=callbacks]");
  assert.match(await page.innerText("#meaning-text"), /processor\. Messages are deleted after 90 days\.$/);
  await page.check("input[value=both]");
  await page.click("text=Make the channel");
  const channel = await madeChannel(page);
  assert.match(await page.textContent("#flash"), /Next, invite somebody or make a token/);
  assert.ok(await page.isVisible(".empty a:has-text('Invite somebody')") && await page.isVisible(".empty a:has-text('access token')"));

  step("makes a token for the other side");
  const secret = await makeToken(page, server, channel, "Web shop");
  assert.ok(secret.length >= 43);
  assert.ok(await page.isVisible("svg.qr"), "a code to scan");
  await mara.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.click("[data-copy=secret]");
  await page.waitForSelector("#announce:text-is('Copied')", { state: "attached" });
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  assert.ok((await page.textContent("#curl-write")).includes(secret), "a command with the real secret");
  await page.goto(`${server.address}/channels/${channel}/tokens`);
  assert.ok(!(await page.content()).includes(secret), "afterwards the secret is masked");

  step("sees a message arrive without reloading");
  await page.goto(`${server.address}/inbox?view=unread`);
  await page.waitForSelector('#live[data-state="on"]');
  await write(server, channel, secret, "Two trays of seedlings, please");
  await page.waitForSelector("#show-new");
  await waitFor("the count in the title", async () => /^\(1\) /.test(await page.title()));
  assert.equal(await page.locator(".row").count(), 0, "nothing moves by itself");
  await answered(page, () => page.click("#show-new"));
  await page.waitForSelector(".row.unread");

  step("opens it, which marks it read");
  await page.click(".row .line");
  await page.waitForURL("**/m/**");
  assert.equal(await page.textContent("#content"), "Two trays of seedlings, please");
  await page.waitForSelector("#mark-unread:visible");
  await page.waitForSelector("aside .row[aria-current]:not(.unread)");
  assert.doesNotMatch(await page.textContent("aside .row[aria-current] .from"), /Unread/);
  assert.equal(await page.locator("aside .row[aria-current] .dot").count(), 0);
  await page.goto(`${server.address}/inbox?view=unread`);
  assert.match(await page.textContent(".empty"), /all caught up/);

  step("shares one stream between its windows");
  const second = await page.context().newPage();
  await second.goto(`${server.address}/channels`);
  await second.waitForSelector('#live[data-state="on"]');
  await page.waitForSelector('#live[data-state="on"]');
  await write(server, channel, secret, "And a watering can");
  for (const window of [page, second]) await waitFor("the count", async () => /^\(1\) /.test(await window.title()));
  await second.close();
  await write(server, channel, secret, "And gloves");
  await waitFor("the window that is left goes on", async () => /^\(2\) /.test(await page.title()));
  await page.goto(`${server.address}/inbox?view=unread`);
  await answered(page, () => page.click("button[value=read-shown]"));

  step("answers in the channel");
  await page.goto(`${server.address}/channels/${channel}`);
  await page.fill("#text", "They are ready on <i>Friday</i>.");
  await page.keyboard.press("Control+Enter");
  await sent(page, "They are ready on");
  const answer = await fetch(`${server.address}/api/v1/channel/${channel}?unread=true`, { headers: { authorization: `Bearer ${secret}` } });
  const received = await answer.json();
  assert.equal(Buffer.from(received[0].payload, "base64").toString(), "They are ready on <i>Friday</i>.");

  step("searches");
  await write(server, channel, secret, JSON.stringify({ order: 10492, status: "paid" }), "application/json");
  await page.fill("#q", "trays");
  await answered(page, () => page.press("#q", "Enter"));
  assert.match(page.url(), /inbox\?q=trays/);
  assert.equal(await page.locator(".row").count(), 1);
  await page.goto(`${server.address}/inbox?q=is%3Ajson+-trays`);
  assert.match(await page.textContent(".row .line"), /order: 10492/);
  await page.goto(`${server.address}/inbox?q=zebra`);
  assert.match(await page.textContent(".empty"), /Nothing matches/);

  step("looks at JSON as a tree");
  await page.goto(`${server.address}/inbox?view=unread`);
  await page.click(".row .line");
  assert.match(await page.textContent(".json"), /order: 10492/);

  step("marks many and deletes one for everyone");
  await page.goto(`${server.address}/inbox?view=all`);
  await page.locator(".row .pick").first().check();
  await answered(page, () => page.click(".acts >> text=Mark unread"), "1 message marked unread");
  await page.locator(".row .pick").first().check();
  await answered(page, () => page.click(".acts >> text=Delete"), "1 message deleted for everyone");
  assert.equal(await page.locator(".row").count(), 4);

  step("prints the sheet for the shop, revealing with the password once it is asked again");
  await page.goto(`${server.address}/profile/security`);
  await answered(page, () => page.click("text=Lock now"));
  await page.goto(`${server.address}/channels/${channel}/share`);
  await page.selectOption("#token", { label: "Web shop" });
  await page.click("text=Show the sheet");
  await page.waitForURL("**/step-up?*");
  await page.fill("#password", "wrong password");
  await answered(page, () => page.click("text=Continue"));
  assert.match(await page.textContent("#problems"), /not right/);
  await page.fill("#password", me.password);
  await answered(page, () => page.click("text=Continue"));
  assert.equal((await page.textContent("#secret")).trim(), secret);

  step("revokes the token");
  await page.goto(`${server.address}/channels/${channel}/tokens`);
  await answered(page, () => page.click("tr:has-text('Web shop') >> text=Revoke"));
  await answered(page, () => page.click("button:has-text('Revoke the token')"));
  const refused = await fetch(`${server.address}/api/v1/channel/${channel}`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal(refused.status, 401);

  step("keeps a profile");
  await page.goto(`${server.address}/profile`);
  await page.fill("#name", "Mara <Green>");
  await page.fill("#contact", "mara@example.org");
  await answered(page, () => page.click("form.card >> text=Save"), "saved");
  assert.equal((await page.textContent("h1")).trim(), "Mara <Green>");
  assert.equal((await page.textContent("#account-id")).trim(), "1");

  step("reads how to use the API with the own ids");
  await page.goto(`${server.address}/help/api`);
  await page.click("summary:has-text('Create a channel')");
  assert.match(await page.textContent("main"), /account\/1\/channel/);

  step("changes the look, which the server remembers from the first paint");
  await page.goto(`${server.address}/profile/appearance`);
  await page.check('input[name=theme][value=dark]');
  await page.check('input[name=density][value=compact]');
  await answered(page, () => page.click("text=Save"));
  await page.waitForSelector('html[data-theme="dark"][data-density="compact"]');

  step("changes the password, which ends the other browser's session at once");
  const elsewhere = await newPerson(browser);
  await elsewhere.page.goto(`${server.address}/login`);
  await elsewhere.page.fill("#user", "MARA");
  await elsewhere.page.fill("#password", me.password);
  for (const [word, type] of [["Show", "text"], ["Hide", "password"]]) {
    await elsewhere.page.click(`button:text-is("${word}")`);
    assert.equal(await elsewhere.page.getAttribute("#password", "type"), type);
  }
  await elsewhere.page.click("button.main");
  await elsewhere.page.waitForURL("**/inbox");
  await elsewhere.page.waitForSelector('#live[data-state="on"]');
  await page.goto(`${server.address}/profile/sessions`);
  assert.equal(await page.locator(".things li").count(), 2);
  await page.goto(`${server.address}/profile/security`);
  await page.fill("#current", me.password);
  await page.fill("#fresh", "another green garden");
  await answered(page, () => page.click("text=Change the password >> nth=-1"));
  await elsewhere.page.waitForSelector("#signed-out a[href*='/login?next=']");

  step("adds an account for somebody else, who chooses a password with a link");
  await page.goto(`${server.address}/admin`);
  await page.fill("#account", "Bike repair");
  await page.fill("#user", "bo");
  await page.fill("#password", "spokes and chains");
  await answered(page, () => page.click("text=Make the account"));
  await answered(page, () => page.click("tr:has-text('Bike repair') >> button:has-text('Reset link')"));
  const link = (await page.textContent("#reset")).trim();
  const bo = await newPerson(browser);
  await bo.page.goto(link);
  await bo.page.fill("#password", "wheels and pedals");
  await answered(bo.page, () => bo.page.click("text=Save the password"));
  await bo.page.fill("#user", "bo");
  await bo.page.fill("#password", "wheels and pedals");
  await bo.page.click("button.main");
  await bo.page.waitForURL("**/inbox");
  const foreign = await bo.page.goto(`${server.address}/channels/${channel}`);
  assert.equal(foreign.status(), 404, "another account's channel does not exist");
  assert.equal((await bo.page.goto(`${server.address}/admin`)).status(), 404);

  step("deletes the channel by typing its name");
  await page.goto(`${server.address}/channels/${channel}/delete`);
  await page.fill("#typed", "Orders <b>from</b> the shop");
  await page.click("button:has-text('Delete the channel')");
  await page.waitForURL("**/channels");

  step("signs out everywhere");
  await page.goto(`${server.address}/profile/sessions`);
  await page.click("text=Sign out everywhere >> nth=-1");
  await page.waitForURL("**/login");
  await page.goto(`${server.address}/inbox?view=unread`);
  assert.match(page.url(), /login\?next=/);
  [mara, elsewhere, bo].forEach(noFaults);
});

