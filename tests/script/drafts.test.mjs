import assert from "node:assert/strict";
import test from "node:test";
import { settle } from "../../static/script/conversation/drafts.mjs";
import { isOf, nameOf } from "../../static/script/leaving.mjs";

test("a draft goes when what was sent has arrived, and only then", () => {
  const written = { written: "", kept: "a text", sent: "", arrived: false };
  assert.deepEqual(settle(written), { text: "a text", kept: "a text" });
  assert.deepEqual(settle({ ...written, sent: "a text" }), { text: "a text", kept: "a text" });
  assert.deepEqual(settle({ ...written, sent: "a text", arrived: true }), { text: "", kept: "" });
  // Something else was done meanwhile, or the draft was changed in another tab.
  assert.deepEqual(settle({ ...written, arrived: true }), { text: "a text", kept: "a text" });
  assert.deepEqual(settle({ ...written, sent: "a tex", arrived: true }), { text: "a text", kept: "a text" });
});

test("what a page brings back wins over what was kept", () => {
  const refused = { written: "{broken", kept: "{broken", sent: "{broken", arrived: false };
  assert.deepEqual(settle(refused), { text: "{broken", kept: "{broken" });
});

test("drafts of one account are not those of another", () => {
  const name = nameOf("1", "https://a.example/channels/x", "text");
  assert.equal(isOf("1", name), true);
  assert.equal(isOf("11", name), false);
});
