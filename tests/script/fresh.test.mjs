import assert from "node:assert/strict";
import { test } from "node:test";
import { compared } from "../../static/script/inbox/fresh.mjs";

test("what comes, goes and stays in a list", () => {
  assert.deepEqual(compared(["c", "b", "a"], ["d", "c", "a"]), { gone: ["b"], come: ["d"], kept: ["c", "a"] });
  assert.deepEqual(compared(["c", "b", "a"], ["d", "c", "b"]), { gone: [], come: ["d"], kept: ["c", "b"] });
  assert.deepEqual(compared(["b", "a"], ["b", "a", "0"]), { gone: [], come: [], kept: ["b", "a"] });
  assert.deepEqual(compared(["b", "a"], ["d", "c"]), { gone: ["b", "a"], come: ["d", "c"], kept: [] });
});
