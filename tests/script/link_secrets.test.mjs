import assert from "node:assert/strict";
import test from "node:test";
import { openSecret, wrapSecret } from "../../static/script/keys/link_secrets.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { newLinkSecret } from "../../static/script/sealing/new_link.mjs";

const link = { channel: "c", token: "7" };

test("a link's secret comes back with the key that wrapped it, among others", async () => {
  const [older, pair, stranger] = await Promise.all([1, 2, 3].map(() => pairOf(newSecret())));
  const secret = newLinkSecret();
  const wrapped = await wrapSecret(secret, pair, link);
  assert.deepEqual(await openSecret(wrapped, [older, pair], link), secret);
  assert.equal(await openSecret(wrapped, [older, stranger], link), null);
  assert.notEqual(wrapped, await wrapSecret(secret, pair, link));
});

test("it comes back for no other link, and not when a sign of it is another", async () => {
  const pair = await pairOf(newSecret());
  const wrapped = await wrapSecret(newLinkSecret(), pair, link);
  assert.equal(await openSecret(wrapped, [pair], { ...link, token: "8" }), null);
  assert.equal(await openSecret(wrapped, [pair], { ...link, channel: "d" }), null);
  for (let at = 0; at < wrapped.length; at += 1) {
    const other = wrapped.slice(0, at) + (wrapped[at] === "A" ? "B" : "A") + wrapped.slice(at + 1);
    assert.equal(await openSecret(other, [pair], link), null, other);
  }
  for (const wrong of ["", "1", "1..", "1.x", wrapped.slice(0, 40)]) {
    assert.equal(await openSecret(wrong, [pair], link), null, wrong);
  }
});
