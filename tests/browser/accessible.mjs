// axe-core finds nothing serious or critical on any page, light and dark, at 320 and at 1280 pixels, folded and unfolded.
import { readFileSync } from "node:fs";
import { FOR_STRANGERS, pagesOf, routesWithout } from "./pages.mjs";
import { assert, axeSource, newPerson, noFaults, tell } from "./support.mjs";

const axe = readFileSync(axeSource, "utf8");

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
  const folded = await violations(page);
  const isFolded = await page.evaluate(() => {
    const folds = document.querySelectorAll("details:not([open])");
    for (const fold of folds) fold.open = true;
    return folds.length > 0;
  });
  const unfolded = isFolded ? await violations(page) : [];
  return [...folded, ...unfolded].map((one) => `${name}: ${one}`);
}

async function violations(page) {
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id} ${node.target.join(" ")}`));
}
