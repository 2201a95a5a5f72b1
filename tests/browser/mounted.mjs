// Below a path of a host that other sites share: every address, cookie and live update stays below it.
import { answered, assert, freePort, makeChannel, makeToken, newPerson, noFaults, sent, setUp, tell, write } from "./support.mjs";

const port = await freePort();
const base = `http://127.0.0.1:${port}/inside/box`;

await tell("the mounted story", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  const outside = [];
  page.on("request", (request) => { if (!request.url().startsWith(`${base}/`)) outside.push(request.url()); });
  const mounted = { ...server, address: base };

  step("sets up with the printed address");
  assert.ok(server.setup.startsWith(`${base}/setup?code=`), server.setup);
  await setUp(page, mounted);
  const cookies = await mara.context.cookies();
  assert.ok(cookies.length > 0 && cookies.every((cookie) => cookie.path === "/inside/box"), JSON.stringify(cookies));

  step("hands out addresses below the path, and hears of messages there");
  const channel = await makeChannel(page, mounted, "Orders");
  const secret = await makeToken(page, mounted, channel, "Web shop");
  assert.equal((await page.textContent("#address")).trim(), `${base}/api/v1/channel/${channel}`);
  await page.goto(`${base}/inbox`);
  await page.waitForSelector('#live[data-state="on"]');
  await write(mounted, channel, secret, "hello");
  await answered(page, () => page.click("#show-new"));
  await page.click(".row .line");
  await page.waitForSelector("#mark-unread:visible");
  await page.goto(`${base}/channels/${channel}`);
  await page.fill("#text", "hello back");
  await page.keyboard.press("Control+Enter");
  await sent(page, "hello back");

  step("is led to the inbox from a page that shows nothing new, also from the answer to a form");
  const searched = async () => {
    await page.goto(`${base}/search`);
    await page.fill("#words", "hello");
    await answered(page, () => page.press("#words", "Enter"));
  };
  const asked = async () => {
    await page.goto(`${base}/inbox?view=all`);
    await answered(page, () => page.locator(".row .quick [value^='snooze:']").first().click({ force: true }));
  };
  for (const [at, come] of [() => page.goto(`${base}/inbox?view=sent`), () => page.goto(`${base}/profile`), searched, asked].entries()) {
    await come();
    await page.waitForSelector('#live[data-state="on"]', { state: "attached" });
    await write(mounted, channel, secret, `hello ${at}`);
    await page.waitForSelector("#show-new");
    assert.equal(await page.locator("#check:text-is('Show new messages')").count(), 0);
    await answered(page, () => page.click("#show-new"));
    assert.equal(page.url(), `${base}/inbox`);
    await page.waitForSelector(`.row.unread .line:text-is('hello ${at}')`);
  }

  step("goes through the password to the page that asked for it, and out again");
  await page.goto(`${base}/profile/security`);
  await answered(page, () => page.click("text=Lock now"));
  await page.goto(`${base}/profile/delete`);
  await page.fill("#password", "a quiet green garden");
  await page.click("text=Continue");
  await page.waitForURL(`${base}/profile/delete`);
  await page.goto(`${base}/profile/sessions`);
  await page.click("button:has-text('Sign out everywhere')");
  await page.waitForURL(`${base}/login`);
  assert.deepEqual(outside, []);
  noFaults(mara);
}, { LISTEN: `127.0.0.1:${port}`, PEERBOX_SERVER__BASE_URL: base });
