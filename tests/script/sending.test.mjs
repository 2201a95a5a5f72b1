import assert from "node:assert/strict";
import test from "node:test";
import { problemOf } from "../../static/script/conversation/files.mjs";
import { sizeWords } from "../../static/script/letters/sizes.mjs";
import { newKey, parsed } from "../../static/script/conversation/outbox.mjs";
import { isForServer, outcomeOf } from "../../static/script/conversation/posting.mjs";
import { progressWords } from "../../static/script/conversation/bubbles.mjs";

test("sizes are those of the server", () => {
  for (const [bytes, words] of [[0, "0 B"], [1023, "1023 B"], [1024, "1.0 KiB"], [4352, "4.2 KiB"], [65536, "64 KiB"],
    [1048575, "1023 KiB"], [1048576, "1.0 MiB"], [1073741824, "1.0 GiB"]]) assert.equal(sizeWords(bytes), words);
});

test("a file is measured against the limit before it is sent", () => {
  assert.equal(problemOf(1048576, 1048576), "");
  assert.match(problemOf(1048577, 1048576), /more than 1\.0 MiB/);
  assert.match(problemOf(0, 1048576), /nothing in it/);
});

test("only the server says what is wrong with a text", () => {
  assert.equal(isForServer("{broken", "json", 100), true);
  assert.equal(isForServer("{}", "json", 100), false);
  assert.equal(isForServer("", "json", 100), false);
  assert.equal(isForServer("{broken", "text", 100), false);
  assert.equal(isForServer("ü".repeat(51), "text", 100), true, "bytes, not letters");
});

test("an answer says what became of a message", () => {
  const url = "http://box.example/inside/login?next=x";
  assert.equal(outcomeOf({ status: 201, url: "http://box.example/" }, "/inside/login"), "sent");
  assert.equal(outcomeOf({ status: 200, url }, "/inside/login"), "out");
  assert.equal(outcomeOf({ status: 403, url: "http://box.example/" }, "/inside/login"), "stale");
  for (const status of [0, 200, 413, 422, 500, 503]) {
    assert.equal(outcomeOf({ status, url: "http://box.example/" }, "/inside/login"), "failed");
  }
});

test("what was kept on its way is read, whatever it is", () => {
  const item = { key: "k", text: "a text", kind: "text", since: 1 };
  assert.deepEqual(parsed(JSON.stringify([item, { key: "k" }, null])), [item]);
  for (const odd of [null, "", "{", "1", "null"]) assert.deepEqual(parsed(odd), []);
  assert.match(newKey(), /^[\w-]{16}$/);
  assert.notEqual(newKey(), newKey());
});

test("several files have one line", () => {
  assert.equal(progressWords(3, 20, "a.jpg"), "Sending 3 of 20: a.jpg");
  assert.equal(progressWords(1, 1, "a.jpg"), "Sending a.jpg");
});
