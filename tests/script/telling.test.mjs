// What the page of notifications says of a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canSubscribe, sameKey, stateOf } from "../../static/script/telling/state.mjs";

const ready = { secure: true, able: true, apple: false, permission: "default", subscribed: false, current: false };

test("a browser is one of those that the page has words for", () => {
  const cases = [
    [{}, "off"],
    [{ secure: false }, "insecure"],
    [{ able: false }, "unable"],
    [{ able: false, apple: true }, "homescreen"],
    [{ permission: "denied" }, "denied"],
    [{ permission: "granted", subscribed: true, current: true }, "on"],
    [{ permission: "granted", subscribed: true }, "other"],
  ];
  for (const [differs, expected] of cases) assert.equal(stateOf({ ...ready, ...differs }), expected);
  assert.deepEqual(["off", "denied", "unable"].map(canSubscribe), [true, false, false]);
});

test("a subscription is told by its key", () => {
  const key = Uint8Array.of(4, 1, 2);
  assert.ok(sameKey(Uint8Array.of(4, 1, 2).buffer, key));
  assert.ok(!sameKey(Uint8Array.of(4, 1, 3).buffer, key));
  assert.ok(!sameKey(null, key) && !sameKey(undefined, key));
});
