// By the browser's own timings: nothing moves on a page once it is painted, and it is painted at once.
import { pagesOf } from "./pages.mjs";
import { assert, newPerson, noFaults, tell } from "./support.mjs";

/** The share of the screen that may move: words for times are some pixels longer or shorter than what the server wrote. */
const MOVED = 0.005;

/** Milliseconds until half of the pages show something, over loopback. A single one may have to wait for the machine. */
const PAINTED = 200;

await tell("the paint", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const paths = await pagesOf(mara, server);
  const storageState = await mara.context.storageState();
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    const person = await newPerson(browser, { viewport, storageState });
    const painted = [];
    const moved = [];
    for (const path of paths) {
      await person.page.goto(server.address + path, { waitUntil: "load" });
      const { first, shifts } = await person.page.evaluate(timings);
      painted.push(first);
      if (shifts.reduce((sum, shift) => sum + shift.value, 0) > MOVED) moved.push(`${path}: ${shifts.map((shift) => shift.told)}`);
    }
    painted.sort((one, other) => one - other);
    const median = painted[painted.length >> 1];
    step(`at ${viewport.width}: half of ${painted.length} pages painted in ${median.toFixed(0)} ms, all in ${painted.at(-1).toFixed(0)} ms`);
    assert.deepEqual(moved, []);
    assert.ok(median < PAINTED, "first paint");
    noFaults(person);
    await person.context.close();
  }
});

/** In the page: when it was painted first, and what moved since, which nobody caused by typing. */
async function timings() {
  const frame = () => new Promise((shown) => { requestAnimationFrame(shown); });
  await document.fonts.ready;
  await frame();
  await frame();
  const entriesOf = (type) => new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => resolve(list.getEntries()));
    observer.observe({ type, buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(observer.takeRecords())));
  });
  const shifts = (await entriesOf("layout-shift")).filter((shift) => !shift.hadRecentInput);
  const paints = await entriesOf("paint");
  const first = paints.find((paint) => paint.name === "first-contentful-paint");
  const named = (shift) => shift.sources.map(({ node }) => node?.id || node?.className || node?.nodeName).join(", ");
  const told = (shift) => `${shift.value.toFixed(4)} at ${shift.startTime.toFixed(0)} ms by ${named(shift)}`;
  return { first: first ? first.startTime : Infinity, shifts: shifts.map((shift) => ({ value: shift.value, told: told(shift) })) };
}
