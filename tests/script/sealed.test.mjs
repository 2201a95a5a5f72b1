// What the holder's pages decide of sealed messages: lines, words, what is forgotten first, what the composer says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { oldest } from "../../static/script/device/opened.mjs";
import { judged } from "../../static/script/reports/proof.mjs";
import { reportOf } from "../../static/script/reports/report.mjs";
import { lock, unlock } from "../../static/script/keys/own_locks.mjs";
import { stateOf } from "../../static/script/sealed/composer.mjs";
import { around, fits, folded, lineOf, wordsIn } from "../../static/script/sealed/line.mjs";
import { headWords } from "../../static/script/sealed/search.mjs";
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

const letter = (value) => ({ type: "application/octet-stream", raw: true, body: bytes(JSON.stringify(value)) });

test("a sealed report of a transaction is told in words", () => {
  const txid = "ab".repeat(32);
  const inner = { callbackTxId: txid, callbackReason: "merkleProof", blockHeight: 861234, callbackPayload: '{"index":1}' };
  for (const value of [inner, { payload: JSON.stringify(inner), signature: "30", publicKey: "02" }]) {
    assert.equal(lineOf(letter(value)), "Mined in block 861\u202f234 · abababab…abab");
    const { facts, text, tone } = reportOf(letter(value));
    const mined = "Mined in block 861\u202f234";
    assert.deepEqual(facts.slice(0, 3), [["Transaction", txid], ["Status", mined], ["Block height", "861\u202f234"]]);
    assert.ok(text.includes('"index": 1') && tone === "done", text);
    assert.equal(facts.some(([name]) => name === "Signature"), value !== inner, "nothing is said to be checked");
    assert.ok(fits(wordsIn(letter(value)), [txid], []), "its id is found");
  }
  const told = (reason, more) => reportOf(letter({ callbackTxId: txid, callbackReason: reason, ...more }));
  assert.deepEqual([told("doubleSpend").words, told("doubleSpend").tone], ["Double spent", "failed"]);
  assert.deepEqual([told("doubleSpendAttempt").words, told("doubleSpendAttempt").tone], ["Double spend attempt", "doubt"]);
  assert.deepEqual([told("later").words, told("later").tone], ["later", "waiting"]);
  const reported = (timestamp) => told("merkleProof", { timestamp }).facts.find(([name]) => name === "Reported")?.[1];
  assert.match(reported("2026-11-20T12:00:00.1234567Z"), /2026/);
  assert.ok(!reported("2026-11-20T12:00:00.1234567Z").includes("T12"), "in the reader's zone and words");
  assert.equal(reported("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
  for (const value of [[], 7, null, {}, { payload: "{" }, { callbackTxId: {}, callbackReason: "x" }, { callbackTxId: [txid], callbackReason: "x" }, { callbackTxId: "x" }]) {
    assert.equal(reportOf(letter(value)), null, JSON.stringify(value));
  }
  assert.equal(reportOf(letter({ ...inner, more: "x".repeat(70_000) })), null);
  assert.equal(reportOf({ body: Uint8Array.of(0x7b, 255) }), null);
  assert.equal(reportOf(letter({ callbackTxId: "x", callbackReason: "constructor" })).words, "constructor");
  const lists = told("doubleSpend", { blockHash: [txid], callbackPayload: { doubleSpendTxId: [txid] } });
  assert.deepEqual([lists.block, lists.facts.length], [null, 2], "a list is no hash");
  for (const depth of [40, 2500, 5000]) {
    const deep = letter({ ...inner, callbackPayload: "P", more: "M" });
    const text = new TextDecoder().decode(deep.body).replace('"M"', `${"[".repeat(depth)}"]]]","x"${"]".repeat(depth)}`);
    const shown = reportOf({ body: bytes(text) }).text;
    assert.ok(shown.length < 2 * text.length, `${depth} deep: ${shown.length} characters`);
  }
});

test("the proof of a sealed report is followed as the server follows it", async () => {
  // Made by a program of its own, in another language: a block of 13 transactions, of which the last is proved.
  const txid = "6aa6e138ed482c0b7194f3cc57bf8a3c8408101800f0a24abcaa4523f199feae";
  const root = "42a5c2cc06558aad4c202c5e6c540ab2474840657cae224d9c44159b0ba274fd";
  const block = "59793dd21536aa06bc16d782858137a4d2241dfb1329d2107460ad6364bd8df0";
  const proof = {
    index: 12, txOrId: txid, targetType: "header",
    target: `01000000${"11".repeat(32)}fd74a20b9b15449c4d22ae7c65404847b20a546c5e2c204cad8a5506ccc2a54201020304ffff7f2005000000`,
    nodes: ["*", "*", "a352c107b6af000c56e27a9124d00ba87e503ce9ac1c987b38f7760cf09f1eb1",
      "0b42e696843a6596e38edca95c13102fd9c891460e549447264fb7ae0e9c01b3"],
  };
  const report = { callbackTxId: txid, callbackReason: "merkleProof", blockHash: block, callbackPayload: JSON.stringify(proof) };
  const told = reportOf(letter({ payload: JSON.stringify(report), signature: "30" }));
  const right = await judged(told.proof, told.txid, told.block);
  assert.deepEqual([right.tone, right.words, right.root], ["done", "Consistent, root", root]);
  assert.match(right.but, /The header that came along has it/);
  const having = (change) => judged({ ...proof, ...change }, txid, block);
  for (const [tone, change] of [
    ["done", { target: root, targetType: "merkleRoot" }], ["done", { target: { merkleroot: root }, targetType: undefined }],
    ["failed", { target: block, targetType: "merkleRoot" }], ["failed", { target: { merkleroot: block }, targetType: undefined }],
    ["done", { target: { merkleroot: root }, targetType: "merkleRoot" }], ["done", { target: undefined, targetType: "merkleRoot" }],
    ["failed", { target: { merkleroot: block }, targetType: "merkleRoot" }], ["failed", { target: [root], targetType: "merkleRoot" }],
    ["failed", { target: proof.target.replace("fd74a2", "fd74a3") }], ["failed", { index: 13 }], ["failed", { index: 28 }],
    ["failed", { txOrId: root }], ["unclear", { nodes: Array(65).fill("*") }], ["unclear", { nodes: [7] }],
    ["unclear", { index: "1" }], ["unclear", { target: "00" }], ["unclear", { txOrId: "zz" }],
    ["failed", { target: root, targetType: "hash" }], ["failed", { target: root, targetType: null }],
    ["failed", { target: root.toUpperCase(), targetType: undefined }], ["done", { target: block, targetType: "hash" }],
    ["failed", { target: { merkleroot: root, hash: root } }], ["done", { target: { merkleroot: root, hash: block } }],
    ["done", { target: root, targetType: "later" }], ["done", { target: "00", targetType: "hash" }],
    ["unclear", { composite: true }], ["unclear", { composite: "no" }], ["unclear", { proofType: "tree" }],
    ["unclear", { proofType: 1 }], ["done", { composite: false, proofType: "branch" }],
    ["done", { composite: null, proofType: null }],
  ]) assert.equal((await having(change)).tone, tone, JSON.stringify(change));
  assert.equal((await judged(proof, txid, root)).tone, "failed", "the header of another block");
  const named = { ...proof, target: root, targetType: "hash" };
  const other = await judged(named, txid, block);
  assert.equal(other.words, "Consistent, but for another block than that of the report; root");
  assert.equal(other.but, `It names block ${root}.`);
  assert.equal((await judged(named, txid, root)).but, "Compare it with the root in the block’s header.");
  assert.equal((await judged(named, txid, null)).but, `Compare it with the root in the header of block ${root}.`);
  assert.equal((await judged(proof, "seven", block)).words, "Leads to the root");
});

test("the head of a search counts what was found here", () => {
  assert.equal(headWords("50 of 60 found", 3), "50 of 60 found, 3 more in sealed messages");
  assert.equal(headWords("", 1), "1 found in sealed messages");
});
