// What the numbers of letters say about a server that drops, repeats or moves them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judged, wordsOf } from "../../static/script/sealing/numbers.mjs";

/** Letters written short: "a1" is the first of a, "?" one that does not open. */
const letters = (text) => text.split(" ").map((one) =>
  (one === "?" ? { sender: null } : { sender: one[0], n: Number(one.slice(1)) || null }));

const found = (text, before) => judged(letters(text), before).map((one) => (one ? `${one.is} ${one.count}` : "-")).join(", ");

test("each sender counts for itself", () => {
  assert.equal(found("a1 b1 a2 b2 a3", 0), "-, -, -, -, -");
  assert.equal(found("a7 a8 b3", 50), "-, -, -");
  assert.equal(found("a1 a0 a2", 0), "-, -, -", "one without a number is passed over");
});

test("what is missing, again or moved is found", () => {
  assert.equal(found("a1 a4", 0), "-, missing 2");
  assert.equal(found("a3", 0), "missing 2");
  assert.equal(found("a1 a2 a1", 0), "-, -, again 1");
  assert.equal(found("a1 a3 a2 a4", 0), "-, missing 1, moved 1, -");
  assert.equal(found("a5 a4", 50), "-, moved 1");
  assert.equal(found("a1 a3 a3", 0), "-, missing 1, again 1");
});

test("what stands before the first may be missing, and no more than that", () => {
  assert.equal(found("a3 a4", 2), "-, -");
  assert.equal(found("a5 a6", 2), "missing 2, -");
  assert.equal(found("b1 a3 b4", 2), "-, -, missing 2");
});

test("one that does not open here may be the missing one", () => {
  assert.equal(found("a1 ? a3", 0), "-, -, -");
  assert.equal(found("? a1 a3", 0), "-, -, missing 1");
  assert.equal(found("a1 ? a4", 0), "-, -, missing 1");
  assert.equal(found("a1 ? b3 a3", 50), "-, -, -, -");
});

test("it is said in words", () => {
  assert.equal(wordsOf(null), "");
  assert.match(wordsOf({ is: "missing", count: 1 }), /^One message .* is not here/);
  assert.match(wordsOf({ is: "missing", count: 3 }), /^3 messages .* are not here/);
});
