// Draws the icons of the installed app from static/icon.svg: run it when that changes.
//
//   CHROMIUM=/usr/bin/chromium NODE_PACKAGES=target/packages node tests/browser/icons.mjs
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "./support.mjs";

const folder = join(import.meta.dirname, "../../static");
const svg = readFileSync(join(folder, "icon.svg"), "utf8");
// Systems cut maskable icons to shapes of their own: all within four fifths of them is always seen.
const maskable = svg.replace('viewBox="0 0 64 64"', 'viewBox="-8 -8 80 80"').replace('<rect width="64" height="64" rx="15"', '<rect x="-8" y="-8" width="80" height="80"');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
for (const [name, size, drawing] of [["192", 192, svg], ["512", 512, svg], ["maskable", 512, maskable]]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body { margin: 0; } svg { display: block; width: ${size}px; height: ${size}px; }</style>${drawing}`);
  await page.screenshot({ path: join(folder, `icon/${name}.png`), omitBackground: true });
}
await browser.close();
