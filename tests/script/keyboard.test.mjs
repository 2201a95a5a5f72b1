// Which keys are shortcuts, alone and in pairs, and where the focus goes in a list.
import assert from "node:assert/strict";
import test from "node:test";
import { mayBeShortcut, pairing } from "../../static/script/keyboard.mjs";
import { placeOf } from "../../static/script/inbox/rows.mjs";
import { range } from "../../static/script/inbox/selection.mjs";

test("a key with a modifier, or one that is used already, is no shortcut", () => {
  assert.ok(mayBeShortcut({ key: "j" }));
  assert.ok(mayBeShortcut({ key: "U", shiftKey: true }));
  for (const sort of ["ctrlKey", "metaKey", "altKey", "isComposing", "defaultPrevented"]) {
    assert.ok(!mayBeShortcut({ key: "j", [sort]: true }), sort);
  }
});

test("two keys are a pair when the second comes in time", () => {
  const named = pairing(new Set(["g"]), 1500);
  assert.equal(named("j", 0), "j");
  assert.equal(named("g", 10), "");
  assert.equal(named("i", 1510), "g i");
  assert.equal(named("i", 1520), "i", "a pair is over when it is complete");
  assert.equal(named("g", 2000), "");
  assert.equal(named("i", 3501), "i", "too late");
  assert.equal(named("g", 4000), "");
  assert.equal(named("g", 4001), "g g");
  assert.equal(named("i", 4002), "i");
});

test("the focus goes back to the same row, or to what took its place", () => {
  assert.equal(placeOf(["a", "b", "c"], ["b", 0]), 1);
  assert.equal(placeOf(["a", "c"], ["b", 1]), 1);
  assert.equal(placeOf(["a"], ["b", 5]), 0);
  assert.equal(placeOf([], ["b", 0]), -1);
  assert.equal(placeOf(["a"], []), -1);
});

test("a range goes either way and includes both ends", () => {
  assert.deepEqual(range(1, 3), [1, 2, 3]);
  assert.deepEqual(range(3, 1), [1, 2, 3]);
  assert.deepEqual(range(null, 2), [2]);
});
