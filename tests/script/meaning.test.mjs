// Which sentences about a new channel hold.
import assert from "node:assert/strict";
import test from "node:test";
import { holds, lastDay } from "../../static/script/new_channel/meaning.mjs";

test("a sentence holds for the value that it is about", () => {
  assert.ok(holds("both", "both"));
  assert.ok(!holds("both", "receive"));
  assert.ok(holds("yes", "yes"));
  assert.ok(!holds("yes", ""), "a box without a tick");
});

test("of the sentences about days, one holds at a time", () => {
  for (const [value, sort] of [["", "none"], ["0", "none"], ["-3", "none"], ["many", "none"], ["1", "one"], ["2", "more"], ["36500", "more"]]) {
    assert.deepEqual(["none", "one", "more"].filter((about) => holds(about, value)), [sort], value);
  }
});

test("callbacks are deleted after so many days as are typed, and else after their own", () => {
  assert.equal(lastDay("callbacks", " ", "90"), "90");
  assert.equal(lastDay("callbacks", "0", "90"), "0", "never");
  assert.equal(lastDay("callbacks", "7", "90"), "7");
  assert.equal(lastDay("both", "", "90"), "", "never");
});
