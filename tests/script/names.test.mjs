import assert from "node:assert/strict";
import test from "node:test";
import { nameOf } from "../../static/script/letters/names.mjs";
import { typeOf } from "../../static/script/letters/types.mjs";

test("a name comes back as it went", () => {
  for (const name of ["plan.pdf", "Straße (2).pdf", "it's 100 %; really!.txt", "日本.png", "a\"b.txt"]) {
    const type = typeOf({ name, type: "text/plain" });
    assert.match(type, /^[ -~]{1,255}$/);
    assert.equal(nameOf(type, 7), name);
  }
  assert.equal(typeOf({ name: "Straße.pdf", type: "" }), "application/octet-stream; name*=UTF-8''Stra%C3%9Fe.pdf");
});

test("a long name keeps its ending", () => {
  for (const letter of ["x", "ß", "😀"]) {
    const type = typeOf({ name: `${letter.repeat(250)}.jpeg`, type: "image/jpeg" });
    assert.match(type, /^[ -~]{200,255}$/);
    assert.match(decodeURIComponent(type), /\.jpeg"?$/);
  }
});

test("no name leads anywhere, turns a text round, or is a mere piece", () => {
  assert.equal(nameOf('text/plain; name="../../etc/passwd"', 7), ".._.._etc_passwd");
  assert.equal(nameOf("text/plain; name*=UTF-8''%E2%80%AEfdp.exe", 7), "_fdp.exe");
  assert.equal(nameOf("text/plain; name*=UTF-8''%E2%80", 7), "message-7");
  assert.equal(nameOf("text/plain", null), "message-new");
  assert.equal(typeOf({ name: "a\ud800/b", type: "text/plain" }), "text/plain; name*=UTF-8''a%EF%BF%BD_b");
});
