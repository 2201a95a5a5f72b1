// Nothing that a person writes is lost: whatever happens to page, session or server, the text is in its place again.
import { assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, write } from "./support.mjs";

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

  step("keeps it over a reload, marking all read, and other pages");
  await write(server, channel, token, "hello");
  await page.goto(inside);
  await page.fill("#text", text);
  await page.reload();
  await isKept("after a reload");
  await page.click("#all-read button");
  await page.waitForSelector("span#new", { state: "attached" });
  await isKept("after marking all read");
  await page.goto(`${server.address}/channels/${other}`);
  assert.equal(await page.inputValue("#text"), "", "each channel has its own");
  await page.goto(inside);
  await isKept("after a visit elsewhere");

  step("keeps it when it is refused");
  await page.selectOption("#kind", "json");
  await page.click("button:has-text('Send')");
  await page.waitForSelector("#problems");
  await isKept("after a refusal");
  await page.goto(inside);
  await isKept("after leaving a refusal");

  step("keeps it when the session has ended, and signing in leads back");
  const cookies = await context.cookies();
  await context.clearCookies();
  await page.click("button:has-text('Send')");
  await page.waitForURL("**/login**");
  await page.fill("#user", "mara");
  await page.fill("#password", "a quiet green garden");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/channels/**");
  await isKept("after signing in again");
  assert.ok(cookies.length > 0);

  step("lets it go once it was sent");
  await page.click("button:has-text('Send')");
  await page.waitForSelector(".own .say");
  assert.equal(await page.inputValue("#text"), "");
  await page.reload();
  assert.equal(await page.inputValue("#text"), "");

  step("asks before signing out forgets it");
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
  assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes("draft")).length), 0);
  assert.deepEqual(answers, [], "asked both times");
  noFaults(mara);
});
