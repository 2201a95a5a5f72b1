// QR codes, held against those of the server's library, qrcodegen 1.8.0: at level M, in bytes, its own choice of mask.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { pathOf, qrOf } from "../../static/script/qr/qr.mjs";

/** By version: the shortest text, the longest, and the hash of the modules of both, row by row. */
const CODES = [
  [0, 14, "b7d7610dc76aaa82"],
  [15, 26, "ef95e322ee84e574"],
  [27, 42, "68fcb329160061cd"],
  [43, 62, "66a8a2488d0b9759"],
  [63, 84, "71e08082616d6bce"],
  [85, 106, "8c775a5b88c89040"],
  [107, 122, "156b8f17c99bf008"],
  [123, 152, "96181982477455ff"],
  [153, 180, "ff9a21a83ef38737"],
  [181, 213, "79d3b641c3447448"],
  [214, 251, "fff5189d94987f04"],
  [252, 287, "51017ce2318cf561"],
  [288, 331, "07b68037cd346b79"],
  [332, 362, "fadb1eb329ab0a70"],
  [363, 412, "24aad42e2c9f0316"],
  [413, 450, "ddcb40ac525d6638"],
  [451, 504, "2f66e4f916d674fe"],
  [505, 560, "ec0fb2257a673ab2"],
  [561, 624, "2335d68c1c982a6c"],
  [625, 666, "1765cdf4cecba746"],
];

/** A text of so many signs, the same each time. */
const textOf = (length) =>
  String.fromCharCode(...Array.from({ length }, (_, at) => 33 + ((at * at * 7 + at * 31 + length) % 90)));

function modulesOf(code) {
  let modules = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) modules += code.isDark(x, y) ? "1" : "0";
  }
  return modules;
}

for (const [version, [shortest, longest, expected]] of CODES.entries()) {
  test(`a code of version ${version + 1} is as the server's library makes it`, () => {
    const codes = [shortest, longest].map((length) => qrOf(textOf(length)));
    for (const code of codes) assert.equal(code.size, 17 + 4 * (version + 1));
    const modules = codes.map(modulesOf);
    assert.equal(createHash("sha256").update(modules.join("")).digest("hex").slice(0, 16), expected);
  });
}

test("a text that no camera would read gets no code", () => {
  assert.equal(qrOf(textOf(667)), null);
});

test("signs beyond ASCII count as their bytes", () => {
  assert.equal(qrOf("é".repeat(7)).size, 21);
  assert.equal(qrOf("é".repeat(8)).size, 25);
});

test("a picture has a light border and every dark module", () => {
  const code = qrOf("peerbox");
  const path = pathOf(code);
  assert.ok(path.startsWith("M3 3h7v1h-7z"));
  const drawn = [...path.matchAll(/h(\d+)v1/g)].reduce((sum, [, width]) => sum + Number(width), 0);
  assert.equal(drawn, modulesOf(code).split("1").length - 1);
});
