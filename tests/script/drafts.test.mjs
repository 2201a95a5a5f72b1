import assert from "node:assert/strict";
import test from "node:test";
import { changesOf, newsOf } from "../../static/script/writing/drafts.mjs";
import { isOf, isTaken, nameOf } from "../../static/script/leaving.mjs";

const field = (name, given, typed) => ({ name, given, typed });

test("a draft is what was changed, and after a refusal all of it", () => {
  const fields = [field("label", "Orders", "Bills"), field("locked", false, false), field("preset", false, true)];
  assert.deepEqual(changesOf(fields, false), [[0, "label", "Bills"], [2, "preset", true]]);
  assert.deepEqual(changesOf(fields, true), [[0, "label", "Bills"], [1, "locked", false], [2, "preset", true]]);
});

test("what somebody else changed meanwhile stays, and what the server has by now is no draft", () => {
  const changes = [[0, "label", "Bills"], [2, "preset", true]];
  const now = [field("label", "Bills", "Bills"), field("locked", true, true), field("preset", false, false)];
  assert.deepEqual(newsOf(changes, now), [[2, "preset", true]]);
  assert.deepEqual(newsOf(changes, [field("other", "", "")]), []);
});

test("a draft goes when what was sent was taken, and only then", () => {
  assert.equal(isTaken({ kept: "a", sent: "a", done: true }), true);
  assert.equal(isTaken({ kept: "a", sent: "a", done: false }), false);
  // It was changed in another tab meanwhile.
  assert.equal(isTaken({ kept: "ab", sent: "a", done: true }), false);
});

test("drafts of one account are not those of another", () => {
  const name = nameOf("1", "/channels/x");
  assert.equal(isOf("1", name), true);
  assert.equal(isOf("11", name), false);
});
