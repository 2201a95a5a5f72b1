// By the browser's own timings, as Lighthouse judges: nothing moves on a page once it is painted, and it is painted at once.
import { pagesOf } from "./pages.mjs";
import { assert, newPerson, noFaults, tell } from "./support.mjs";

/** The share of the screen that may move: words for times are some pixels longer or shorter than what the server wrote. */
const MOVED = 0.005;

/** Milliseconds until a page shows something, and until it shows its largest part, over loopback. */
const PAINTED = 200;
const SHOWN = 400;

/** Milliseconds for which scripts keep a page from answering, beyond the 50 that nobody notices. */
const BLOCKED = 100;

/** Bytes of a page as it is sent, with none of what the browser has already. */
const SENT = 40_000;

/** A page is loaded again when the machine was busy with something else; the best of so many counts. */
const LOADS = 5;

const isQuick = ({ first, largest, blocked }) => first < PAINTED && largest < SHOWN && blocked < BLOCKED;

/** The least of each figure that depends on how busy the machine is. */
function least(one, other) {
  const names = ["first", "largest", "blocked"];
  return Object.fromEntries(names.map((name) => [name, Math.min(one[name], other[name])]));
}

await tell("the paint", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const paths = await pagesOf(mara, server);
  const storageState = await mara.context.storageState();
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    const person = await newPerson(browser, { viewport, storageState });
    const best = [];
    const wrong = [];
    const foreign = new Set();
    person.page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.address)) foreign.add(request.url());
    });
    for (const path of paths) {
      let figures = null;
      for (let load = 0; load < LOADS && !(figures && isQuick(figures)); load += 1) {
        await person.page.goto(server.address + path, { waitUntil: "load" });
        const next = await person.page.evaluate(timings);
        figures = { ...next, ...least(figures || next, next), moved: Math.max(next.moved, figures?.moved || 0) };
      }
      best.push(figures);
      const told = `${path}: first ${figures.first.toFixed(0)} ms, largest ${figures.largest.toFixed(0)} ms, ` +
        `blocked ${figures.blocked.toFixed(0)} ms, ${figures.bytes} bytes, moved ${figures.shifts}`;
      if (!isQuick(figures) || figures.moved > MOVED || figures.bytes > SENT) wrong.push(told);
    }
    const most = (figure) => Math.max(...best.map((one) => one[figure])).toFixed(0);
    step(`at ${viewport.width}: each of ${best.length} pages painted in ${most("first")} ms, its largest part in ` +
      `${most("largest")} ms, blocked for ${most("blocked")} ms, ${most("bytes")} bytes, ${most("requests")} requests`);
    assert.deepEqual(wrong, []);
    assert.deepEqual([...foreign], [], "others are asked for nothing");
    noFaults(person);
    await person.context.close();
  }
});

/** In the page: when it was painted, what it took, and what moved since, which nobody caused by typing. */
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
  const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
  const shifts = (await entriesOf("layout-shift")).filter((shift) => !shift.hadRecentInput);
  const first = (await entriesOf("paint")).find((paint) => paint.name === "first-contentful-paint");
  const largest = (await entriesOf("largest-contentful-paint")).at(-1);
  const tasks = await entriesOf("longtask");
  const navigation = performance.getEntriesByType("navigation")[0];
  const named = (shift) => shift.sources.map(({ node }) => node?.id || node?.className || node?.nodeName).join(", ");
  return {
    first: first ? first.startTime : Infinity,
    largest: largest ? largest.startTime : Infinity,
    blocked: sum(tasks.map((task) => task.duration - 50)),
    bytes: navigation.transferSize,
    requests: performance.getEntriesByType("resource").length + 1,
    moved: sum(shifts.map((shift) => shift.value)),
    shifts: shifts.map((shift) => `${shift.value.toFixed(4)} at ${shift.startTime.toFixed(0)} ms by ${named(shift)}`).join("; ") || "nothing",
  };
}
