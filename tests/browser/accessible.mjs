// axe-core finds nothing serious or critical on any page, light and dark, at 320 and at 1280 pixels, folded and unfolded.
import { violations } from "./looks.mjs";
import { FOR_STRANGERS, pagesOf, routesWithout } from "./pages.mjs";
import { assert, newPerson, noFaults, tell } from "./support.mjs";

await tell("the accessible story", async ({ server, browser, step }) => {
  step("walks through every page");
  const mara = await newPerson(browser);
  const fresh = await startFresh(browser, server);
  const paths = await pagesOf(mara, server);
  assert.deepEqual(routesWithout([...paths, ...FOR_STRANGERS, "/setup"]), [], "pages that nobody looks at");
  const state = await mara.context.storageState();
  const found = [...fresh];
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 1280]) {
      step(`${colorScheme} at ${width}`);
      const looks = { viewport: { width, height: 900 }, colorScheme };
      const person = await newPerson(browser, { ...looks, storageState: state });
      for (const path of paths) found.push(...await check(person.page, server.address + path, `${path} ${colorScheme} ${width}`));
      found.push(...await whileWriting(person, server.address + paths.find((path) => /^\/channels\/[\w-]{20,}$/.test(path)),
        `${colorScheme} ${width}`));
      const stranger = await newPerson(browser, looks);
      for (const path of FOR_STRANGERS) {
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

/** What a conversation looks like with files to send, with what failed, and with what was typed and not saved. */
async function whileWriting({ page, faults }, inside, name) {
  const look = async (what) => (await violations(page)).map((words) => `${what} ${name}: ${words}`);
  const found = [];
  await page.goto(inside);
  await page.setInputFiles("#files", [{ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") },
    { name: "none.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) }]);
  await page.fill("#text", "with two files");
  found.push(...await look("files"));
  await page.click("#chosen .bad button");
  await page.route("**/channels/*", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#outgoing [data-state=failed]");
  found.push(...await look("failed"));
  await page.unroute("**/channels/*");
  // Taken up again, so that nothing is left that leaving would ask about.
  for (const words of ["Edit", "Remove"]) await page.click(`#outgoing [data-back]:text-is("${words}")`);
  await page.fill("#text", "");
  await page.goto(`${inside}/settings`);
  await page.fill("#label", "half a name");
  await page.reload();
  found.push(...await look("restored"));
  await page.click("text=Discard it");
  faults.splice(0, faults.length, ...faults.filter((fault) => !/ERR_FAILED/.test(fault)));
  return found;
}

/** The set-up page exists only before everything else. */
async function startFresh(browser, server) {
  const { page, context } = await newPerson(browser, { viewport: { width: 320, height: 900 } });
  const found = await check(page, server.setup, "/setup light 320");
  await context.close();
  return found;
}

async function check(page, address, name) {
  await page.goto(address);
  const folded = await violations(page);
  const isFolded = await page.evaluate(() => {
    const folds = document.querySelectorAll("details:not([open])");
    for (const fold of folds) fold.open = true;
    return folds.length > 0;
  });
  const unfolded = isFolded ? await violations(page) : [];
  return [...folded, ...unfolded].map((one) => `${name}: ${one}`);
}
