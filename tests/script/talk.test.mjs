import assert from "node:assert/strict";
import { test } from "node:test";
import { quoted } from "../../static/script/conversation/quote.mjs";
import { goesOn } from "../../static/script/conversation/parts.mjs";
import { belowWords } from "../../static/script/conversation/talk.mjs";

test("messages of one author within five minutes stand together", () => {
  const turn = { author: "7", begins: 0, ends: 60000 };
  const next = { author: "7", begins: 360000, ends: 360000 };
  assert.equal(goesOn(turn, next), true);
  assert.equal(goesOn(turn, { ...next, begins: 360001 }), false);
  assert.equal(goesOn(turn, { ...next, author: "8" }), false);
});

test("a quote names the message and marks each line", () => {
  assert.equal(quoted(57, "one\ntwo\n"), "#57\n> one\n> two\n\n");
});

test("new messages below are counted", () => {
  assert.equal(belowWords(2), "2 new below");
});
