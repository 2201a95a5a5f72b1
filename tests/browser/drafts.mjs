// Nothing that a person writes is lost: whatever happens to page, session or server, the text is in its place again.
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, sent, setUp, signIn, tell, waitFor, write } from "./support.mjs";

await tell("the drafts", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page, context } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Lena");
  const other = await makeChannel(page, server, "Ben");
  const token = await makeToken(page, server, channel, "Lena");
  const inside = `${server.address}/channels/${channel}`;
  const text = "Dear Lena,\nthis took me a while.";
  const isKept = async (why) => assert.equal(await page.inputValue("#text"), text, why);
  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes("draft")));
  const arrived = async () => {
    const answer = await fetch(`${server.address}/api/v1/channel/${channel}`, { headers: { authorization: `Bearer ${token}` } });
    return (await answer.json()).map((message) => Buffer.from(message.payload, "base64").toString());
  };

  step("keeps it over a reload, marking all read, the pill, and other pages");
  await write(server, channel, token, "hello");
  await page.goto(inside);
  await page.fill("#text", text);
  await page.reload();
  await isKept("after a reload");
  await answered(page, () => page.click("#all-read button"));
  await page.waitForSelector("span#new", { state: "attached" });
  await isKept("after marking all read");
  await page.goto(`${server.address}/channels/${other}`);
  assert.equal(await page.inputValue("#text"), "", "each channel has its own");
  await page.waitForSelector('#live[data-state="on"]');
  await write(server, channel, token, "hello again");
  await page.goto(inside);
  await isKept("after a visit elsewhere");

  step("keeps it when it is refused, with its kind");
  await page.selectOption("#kind", "json");
  await answered(page, () => page.click("button.main:has-text('Send')"));
  await page.waitForSelector("#problems");
  await isKept("after a refusal");
  await page.goto(inside);
  await isKept("after leaving a refusal");
  assert.equal(await page.inputValue("#kind"), "json");
  await page.selectOption("#kind", "text");

  step("keeps it when the session has ended, and signing in leads back in the same tab");
  await context.clearCookies();
  await page.click("button.main:has-text('Send')");
  await page.waitForURL("**/login**");
  await signIn(page);
  await page.waitForURL("**/channels/**");
  await isKept("after signing in again");

  step("sends it all the same when somebody signed in again in another tab");
  const second = await context.newPage();
  await context.clearCookies();
  await second.goto(`${server.address}/login`);
  await signIn(second);
  await second.waitForURL("**/inbox");
  await second.close();
  await page.click("button.main:has-text('Send')");
  await sent(page, "this took me a while");
  assert.equal(await page.inputValue("#text"), "");
  assert.deepEqual(await kept(), []);
  await page.reload();
  assert.equal(await page.inputValue("#text"), "");
  assert.equal((await arrived()).filter((one) => one === text).length, 1);

  step("unfolds a field that is wrong, and one that is filled again");
  await page.goto(`${server.address}/channels/new`);
  const fold = page.locator("#newchannel details");
  await page.fill("#label", "Later");
  await fold.locator("summary").click();
  await page.fill("#max_days", "30 days");
  await fold.locator("summary").click();
  await page.click("text=Make the channel");
  await page.waitForSelector("#max_days:focus");
  await page.reload();
  await page.waitForSelector("#max_days:visible");
  assert.equal(await page.inputValue("#max_days"), "30 days");
  await page.click("text=Discard it");
  await page.goto(inside);

  step("keeps a text that is too long");
  const long = "ü".repeat(600_000);
  await page.fill("#text", long);
  await answered(page, () => page.click("button.main:has-text('Send')"));
  await page.waitForSelector("#problems:has-text('is larger than')");
  assert.equal((await page.inputValue("#text")).length, long.length);
  await page.fill("#text", "");

  step("keeps what is on its way when the server stops, and writes it once");
  await page.goto(inside);
  await page.waitForSelector('#live[data-state="on"]');
  await server.kill();
  await page.fill("#text", text);
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#outgoing .state:has-text('did not answer')");
  assert.equal(await page.inputValue("#text"), "");
  await page.fill("#text", "and one more thing");
  await server.again();
  await page.click("#outgoing [data-again]");
  await page.waitForSelector("#talk .own .say:has-text('this took me a while') >> nth=1");
  await page.waitForSelector("#outgoing .say", { state: "detached" });
  assert.equal(await page.inputValue("#text"), "and one more thing");

  step("sends after a reload what was on its way, and not twice what had arrived");
  await page.route("**/channels/*", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    // It arrives, and the answer is lost.
    await route.fetch();
    await route.abort();
  });
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#outgoing .state:has-text('did not answer')");
  await page.unroute("**/channels/*");
  await page.reload();
  await page.waitForSelector("#outgoing .say", { state: "detached" });
  await waitFor("it to be here", () => page.locator("#talk .own .say:has-text('and one more thing')").count());
  assert.equal((await arrived()).filter((one) => one === "and one more thing").length, 1);
  assert.deepEqual(await kept(), []);

  step("keeps what is typed into long forms, says so, and takes it back");
  const forms = [
    ["/channels/new", "#label", "Make the channel"],
    [`/channels/${channel}/settings`, "#label", "Save"],
    [`/channels/${channel}/tokens`, "#new #label", "Make the token"],
    ["/profile", "#contact", "Save"],
  ];
  for (const [path, field, button] of forms) {
    step(`  ${path}`);
    await page.goto(server.address + path);
    const before = await page.inputValue(field);
    await page.fill(field, "half a name");
    await page.goto(`${server.address}/inbox`);
    await page.goto(server.address + path);
    assert.equal(await page.inputValue(field), "half a name", path);
    await page.click("button:has-text('Discard it')");
    assert.equal(await page.inputValue(field), before, path);
    assert.deepEqual(await kept(), [], path);

    await page.fill(field, "a whole name");
    await context.clearCookies();
    await page.click(`form[data-keep] button.main:has-text("${button}")`);
    await page.waitForURL("**/login**");
    await signIn(page);
    await page.waitForURL(`**${path}`);
    assert.equal(await page.inputValue(field), "a whole name", `${path} after signing in`);
    await answered(page, () => page.click(`form[data-keep] button.main:has-text("${button}")`));
    await page.waitForSelector("#flash, [data-done]");
    assert.deepEqual(await kept(), [], `${path} was taken`);
  }
  step("keeps it when the pill is pressed, which leads to the inbox");
  await page.goto(`${inside}/settings`);
  await page.waitForSelector('#live[data-state="on"]', { state: "attached" });
  const before = await page.inputValue("#label");
  await page.fill("#label", "half a name");
  await write(server, channel, token, "hello once more");
  await page.click("#show-new");
  await page.waitForSelector(".row.unread .line:has-text('hello once more')");
  await page.goto(`${inside}/settings`);
  assert.equal(await page.inputValue("#label"), "half a name");
  await page.click("button:has-text('Discard it')");
  assert.equal(await page.inputValue("#label"), before);
  await page.goto(`${server.address}/channels/new`);
  await page.check("input[value=broadcast]");
  await page.reload();
  assert.ok(await page.isChecked("input[value=broadcast]"));
  assert.match(await page.innerText("#meaning-text"), /reads what you send|notice board|read/i);
  await page.click("button:has-text('Discard it')");

  step("asks before signing out forgets it");
  await page.goto(inside);
  await page.fill("#text", text);
  const answers = [false, true];
  // In place of the watch for dialogs that nobody expects.
  page.removeAllListeners("dialog");
  page.on("dialog", (dialog) => (answers.shift() ? dialog.accept() : dialog.dismiss()));
  const signOut = async () => {
    await page.click("details.who > summary");
    await page.click("text=Sign out");
  };
  await signOut();
  await page.keyboard.press("Escape");
  await isKept("after staying");
  await signOut();
  await page.waitForURL("**/login**");
  assert.deepEqual(await kept(), []);
  assert.deepEqual(answers, [], "asked both times");

  step("and before signing out everywhere does");
  const leaves = async (path, word) => {
    await page.goto(`${server.address}/login`);
    await signIn(page);
    await page.waitForURL("**/inbox");
    await page.goto(inside);
    await page.fill("#text", text);
    await page.goto(server.address + path);
    if (await page.locator("#typed").count()) await page.fill("#typed", await page.innerText("label[for=typed] bdi"));
    answers.push(true);
    await page.click(`main button:has-text("${word}")`);
    // Without an account everything leads to setting up.
    await page.waitForURL(/\/(login|setup)/);
    assert.deepEqual(await kept(), [], path);
    assert.deepEqual(answers, [], `${path} asks`);
  };
  await leaves("/profile/sessions", "Sign out everywhere");
  // The one that was killed.
  const faults = mara.faults.filter((fault) => !/ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_INCOMPLETE|ERR_EMPTY|ERR_CONNECTION_RESET/.test(fault));
  assert.deepEqual(faults, []);

  step("signs out where the browser lets pages keep nothing");
  const bare = await newPerson(browser);
  await bare.page.addInitScript(() => {
    const refuse = () => { throw new DOMException("denied", "SecurityError"); };
    Object.defineProperty(window, "indexedDB", { value: { open: refuse, deleteDatabase: refuse } });
  });
  await bare.page.goto(`${server.address}/login`);
  await signIn(bare.page);
  await bare.page.locator(".who > summary").click();
  await bare.page.click("text=Sign out");
  await bare.page.waitForURL("**/login**");
  noFaults(bare);

  step("and before deleting the account does");
  await leaves("/profile/delete", "Delete the account");
});
