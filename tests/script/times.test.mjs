// Times and days in the reader's zone, which these tests put fourteen hours ahead of the server's.
process.env.TZ = "Etc/GMT-14";
import assert from "node:assert/strict";
import test from "node:test";

const { daysAgo, timeWords } = await import("../../static/script/times.mjs");
const { dayTitle, groups } = await import("../../static/script/days/days.mjs");

/** Wednesday, 16:00 for the reader. */
const now = new Date("2026-11-25T02:00:00Z");
const before = (minutes) => new Date(now.getTime() - minutes * 60000);
const plain = (text) => text.replaceAll("\u202f", " ");

test("times are relative under a day and dates after it", () => {
  assert.equal(timeWords(now, now), "now");
  assert.match(timeWords(before(5), now), /^5 min\.? ago$/);
  assert.match(timeWords(before(150), now), /^2 hr\.? ago$/);
  assert.equal(timeWords(before(1440), now), "24 Nov");
  assert.equal(timeWords(before(400 * 1440), now), "21 Oct 2025");
});

test("times to come say the hour, and the date where it is another", () => {
  assert.match(plain(timeWords(before(-30), now)), /^(16:30|4:30 PM)$/);
  assert.match(plain(timeWords(before(-1440), now)), /^26 Nov, (16:00|4:00 PM)$/);
});

test("what is no time says nothing", () => assert.equal(timeWords(new Date("never"), now), ""));

test("days are those of the reader", () => {
  assert.equal(daysAgo(new Date("2026-11-24T10:00:00Z"), now), 0, "midnight has passed for the reader alone");
  assert.equal(dayTitle(new Date("2026-11-24T10:00:00Z"), now), "Today");
  assert.equal(dayTitle(new Date("2026-11-24T09:59:00Z"), now), "Yesterday");
  assert.equal(dayTitle(new Date("2026-11-22T12:00:00Z"), now), "Monday, 23 November");
  assert.equal(dayTitle(new Date("2025-03-01T12:00:00Z"), now), "2 March 2025");
});

test("only neighbours come below one heading", () => {
  const found = groups(["a1", "a2", "b1", "a3"], (item) => item[0]);
  assert.deepEqual(found, [{ title: "a", items: ["a1", "a2"] }, { title: "b", items: ["b1"] }, { title: "a", items: ["a3"] }]);
});
