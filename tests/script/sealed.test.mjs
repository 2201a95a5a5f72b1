// What the holder's pages decide of sealed messages: lines, words, what is forgotten first, what the composer says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { oldest } from "../../static/script/device/opened.mjs";
import { reportOf } from "../../static/script/letters/report.mjs";
import { lock, unlock } from "../../static/script/keys/own_locks.mjs";
import { stateOf } from "../../static/script/sealed/composer.mjs";
import { around, fits, folded, lineOf } from "../../static/script/sealed/line.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";

const bytes = (text) => new TextEncoder().encode(text);

test("a letter in one line", () => {
  assert.equal(lineOf({ type: "text/plain", body: bytes(" a\n\n b ") }), "a b");
  assert.equal(lineOf({ type: "text/plain", body: bytes("ä".repeat(200)) }), `${"ä".repeat(140)}…`);
  assert.equal(lineOf({ type: 'image/png; name="a.png"', body: bytes("x") }), "a.png");
  assert.equal(lineOf({ type: "image/png", body: bytes("x") }), "Picture");
  assert.equal(lineOf({ type: "application/pdf", body: bytes("%PDF") }), "application/pdf");
  assert.equal(lineOf({ type: "text/plain", body: Uint8Array.of(255) }), "text/plain");
});

test("words are found whatever they look like, and what must not be there is not", () => {
  assert.equal(folded("Schlüssel STRASSE straße"), "schlussel strasse strasse");
  const since = performance.now();
  assert.equal(folded(`a${"\u0301\u0316".repeat(200_000)}`), "a");
  assert.ok(performance.now() - since < 5000, "marks that pile up take long");
  assert.ok(fits("Der Schlüssel liegt da", ["schlussel", "liegt"], ["tur"]));
  assert.ok(!fits("Der Schlüssel", ["schlussel"], ["der"]));
  assert.ok(!fits("Der Schlüssel", ["schlussel", "liegt"], []));
  const line = around(`${"word ".repeat(60)}the key is here ${"more ".repeat(60)}`, ["key"]);
  assert.ok(line.startsWith("… ") && line.includes("the key is here") && line.length < 160, line);
});

test("the oldest go first, and no more than has to", () => {
  const entries = [["b", 5, 2], ["a", 5, 1], ["c", 5, 3]];
  assert.deepEqual(oldest(entries, 15), []);
  assert.deepEqual(oldest(entries, 14), ["a"]);
  assert.deepEqual(oldest(entries, 5), ["a", "b"]);
});

test("the composer never passes off as sealed what is not", () => {
  const all = { isSealed: true, hasKey: true, whom: {}, isUnsealed: false };
  assert.equal(stateOf(all), "sealed");
  assert.equal(stateOf({ ...all, isSealed: false }), "");
  assert.equal(stateOf({ ...all, hasKey: false }), "keyless");
  assert.equal(stateOf({ ...all, whom: null }), "unknown");
  assert.equal(stateOf({ ...all, isUnsealed: true }), "unsealed");
});

test("only the holder's keys make a copy, and it opens in its channel alone", async () => {
  const [pair, stranger] = await Promise.all([1, 2].map(() => pairOf(newSecret())));
  const copy = await lock(bytes("a letter"), pair, "copies", "c");
  assert.deepEqual(await unlock(copy, [stranger, pair], "copies", "c"), bytes("a letter"));
  assert.equal(await unlock(copy, [stranger], "copies", "c"), null);
  assert.equal(await unlock(copy, [pair], "copies", "d"), null);
  assert.equal(await unlock(copy, [pair], "others", "c"), null);
  for (let at = 0; at < copy.length; at += 1) {
    const other = copy.slice();
    other[at] ^= 1;
    assert.equal(await unlock(other, [pair], "copies", "c"), null, `byte ${at}`);
  }
  for (const length of [0, 28, 40]) assert.equal(await unlock(copy.slice(0, length), [pair], "copies", "c"), null);
});

test("a sealed report of a transaction is told in words", () => {
  const txid = "ab".repeat(32);
  const inner = { callbackTxId: txid, callbackReason: "merkleProof", blockHeight: 861234, callbackPayload: '{"index":1}' };
  const letter = (value) => ({ type: "application/octet-stream", raw: true, body: bytes(JSON.stringify(value)) });
  for (const value of [inner, { payload: JSON.stringify(inner), signature: "30", publicKey: "02" }]) {
    assert.equal(lineOf(letter(value)), `Mined in block 861234 · ${txid}`);
    const { facts, text } = reportOf(letter(value));
    assert.deepEqual(facts.slice(0, 3), [["Transaction", txid], ["Status", "Mined"], ["Block height", "861234"]]);
    assert.ok(text.includes('"index": 1'), text);
    assert.equal(facts.some(([name]) => name === "Signature"), value !== inner, "nothing is said to be checked");
  }
  for (const value of [[], 7, null, {}, { payload: "{" }, { callbackTxId: {}, callbackReason: "x" }, { callbackTxId: "x" }]) {
    assert.equal(reportOf(letter(value)), null, JSON.stringify(value));
  }
  assert.equal(reportOf(letter({ ...inner, more: "x".repeat(70_000) })), null);
  assert.equal(reportOf({ body: Uint8Array.of(0x7b, 255) }), null);
  assert.equal(reportOf(letter({ callbackTxId: "x", callbackReason: "constructor" })).words, "constructor");
});
