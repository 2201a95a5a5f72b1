// axe-core finds nothing serious or critical on any page, light and dark, at 320 and at 1280 pixels.
import { readFileSync } from "node:fs";
import { assert, axeSource, makeChannel, makeToken, newPerson, noFaults, setUp, tell, write } from "./support.mjs";

const axe = readFileSync(axeSource, "utf8");

/** Every page that somebody can come to, with a channel that has messages of several kinds. */
async function pagesOf(person, server) {
  const { page } = person;
  await setUp(page, server);
  const empty = await makeChannel(page, server, "Nothing in it yet");
  const channel = await makeChannel(page, server, "Orders from the shop");
  const secret = await makeToken(page, server, channel, "Web shop");
  await write(server, channel, secret, "Two trays of seedlings, please.\nUntil Friday.");
  await write(server, channel, secret, JSON.stringify({ order: 10492, lines: [{ sku: "A", count: 2 }], paid: true, note: null }), "application/json");
  await write(server, channel, secret, Uint8Array.from({ length: 300 }, (_, i) => (i * 97 + 131) % 256), "application/octet-stream");
  await write(server, channel, secret, "%PDF-1.7", "application/pdf");
  await page.goto(`${server.address}/channels/${channel}`);
  await page.fill("#text", "They are ready.");
  await page.click("button:has-text('Send')");
  await page.waitForSelector(".own .say");
  await page.goto(`${server.address}/channels/${channel}/tokens`);
  const reveal = await page.getAttribute("a:has-text('Reveal') >> nth=-1", "href");
  const token = /tokens\/(\d+)\//.exec(reveal)[1];
  return ["/inbox", "/inbox?view=all", "/inbox?view=sent", "/inbox?q=zebra", "/inbox?q=trays+is:unread+after:never", "/search", `/m/${channel}/1`,
    `/m/${channel}/2`, `/m/${channel}/3`, `/m/${channel}/4`, "/channels", "/channels/new?first=1", `/channels/${empty}`, `/channels/${channel}`,
    `/channels/${channel}/tokens`, reveal, `/channels/${channel}/tokens/${token}/revoke`, `/channels/${channel}/share`,
    `/channels/${channel}/share?token=${token}`, `/channels/${channel}/settings`, `/channels/${channel}/delete`, "/profile", "/profile/security",
    "/profile/sessions", "/profile/appearance", "/profile/delete", "/admin", "/help", "/help/api", "/help/shortcuts", "/step-up?next=/profile", "/nowhere"];
}

await tell("the accessible story", async ({ server, browser, step }) => {
  step("walks through every page");
  const mara = await newPerson(browser);
  const fresh = await startFresh(browser, server);
  const paths = await pagesOf(mara, server);
  const state = await mara.context.storageState();
  const found = [...fresh];
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 1280]) {
      step(`${colorScheme} at ${width}`);
      const looks = { viewport: { width, height: 900 }, colorScheme };
      const person = await newPerson(browser, { ...looks, storageState: state });
      for (const path of paths) found.push(...await check(person.page, server.address + path, `${path} ${colorScheme} ${width}`));
      const stranger = await newPerson(browser, looks);
      for (const path of ["/login", "/register", "/reset?code=x"]) {
        found.push(...await check(stranger.page, server.address + path, `${path} ${colorScheme} ${width}`));
      }
      noFaults(person);
      noFaults(stranger);
      await person.context.close();
      await stranger.context.close();
    }
  }
  assert.deepEqual([...new Set(found)], []);
}, { PEERBOX_ACCOUNTS__SIGNUP: "open" });

/** The set-up page exists only before everything else. */
async function startFresh(browser, server) {
  const { page, context } = await newPerson(browser, { viewport: { width: 320, height: 900 } });
  const found = await check(page, server.setup, "/setup light 320");
  await context.close();
  return found;
}

async function check(page, address, name) {
  await page.goto(address);
  // The policy forbids foreign scripts, so axe comes in by the debugger's own door.
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .flatMap((one) => one.nodes.slice(0, 3).map((node) => `${name}: ${one.id} ${node.target.join(" ")}`));
}
