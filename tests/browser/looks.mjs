// Looks at a page as it stands: axe-core on a phone and on a desk, light and dark, and a picture of each in $LOOKS.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, axeSource } from "./support.mjs";

const axe = readFileSync(axeSource, "utf8");

const GRAVE = ["serious", "critical"];

/** What axe-core finds of these impacts. The policy forbids foreign scripts, so it comes in by the debugger's own door. */
export async function violations(page, impacts = GRAVE) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations
    .filter((one) => impacts.includes(one.impact))
    .flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id} ${node.target.join(" ")}`));
}

/** Fails when anything is wrong with the page in one of its looks; leaves it as it was. */
export async function lookAt(page, name) {
  const before = page.viewportSize();
  const found = [];
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      // Colours that are still changing are not the ones that are meant.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const look = `${name}-${width}-${colorScheme}`;
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wider > 0) found.push(`${look}: ${wider} pixels too wide`);
      found.push(...(await violations(page)).map((one) => `${look}: ${one}`));
      if (process.env.LOOKS) await page.screenshot({ path: join(process.env.LOOKS, `${look}.png`) });
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
  assert.deepEqual(found, []);
}
