// Links on a counterparty's page lead where they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces } from "../../static/script/letters/links.mjs";

function links(text) {
  assert.equal(pieces(text).map((piece) => piece.text).join(""), text, "nothing is lost");
  return pieces(text).filter((piece) => piece.isLink).map((piece) => piece.text);
}

test("addresses become links without what a sentence puts behind them", () => {
  assert.deepEqual(links("see https://shop.example/a?b=1#c, or (http://b.example)."), [
    "https://shop.example/a?b=1#c",
    "http://b.example",
  ]);
});

test("what could lead somewhere else than it shows stays text", () => {
  for (const text of [
    "https://bank.example@evil.example/",
    "https://b\u0430nk.example/",
    "https://bank.example/\u202egro.live//:sptth",
    "\u2067 https://bank.example/",
    "https://",
    "https://?a",
    "xhttps://bank.example/",
    "javascript:alert(1) data:text/html,x",
    `https://bank.example/${"a".repeat(3000)}`,
  ]) assert.deepEqual(links(text), [], text);
});

test("it takes time in proportion to the length", () => {
  const before = performance.now();
  for (const text of ["http://.", "http://a", `https://${".".repeat(2000)}a `, `https://a${".".repeat(900_000)}b`]) links(text.repeat(1_000_000 / text.length));
  assert.ok(performance.now() - before < 3000);
});
