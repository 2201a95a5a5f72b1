import assert from "node:assert/strict";
import test from "node:test";
import { FROM_OWNER, keyOfName, nameOfKey, NEWER, pack, TO_OWNER, unpack } from "../../static/script/sealing/envelope.mjs";

const secret = new Uint8Array(16).fill(7);
const replyTo = new Uint8Array(32).fill(5);
const link = { secret, channel: "a-channel", direction: TO_OWNER };
const letter = { body: bytes("Grüße"), type: "text/plain; charset=utf-8", n: 12, at: "2026-11-26T10:00:00.000Z", replyTo };

function bytes(text) {
  return new TextEncoder().encode(text);
}

const lineOf = (content) => new TextDecoder().decode(content).split("\n")[0];

/** A content of a line and a body that somebody else wrote. */
const of = (line, body = "") => bytes(`${line}\n${body}${"\0".repeat(20)}`);

test("what is packed is a line of JSON, the body, and padding to the next 256 bytes", async () => {
  const content = await pack(letter, null);
  assert.equal(content.length, 256);
  const said = JSON.parse(lineOf(content));
  assert.deepEqual(Object.keys(said), ["v", "type", "length", "n", "at", "reply_to"]);
  assert.equal(said.length, 7);
  assert.equal(said.reply_to, "libsodium sealed_box BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=");
  const { body, ...rest } = await unpack(content, null);
  assert.equal(new TextDecoder().decode(body), "Grüße");
  assert.deepEqual(rest, { type: letter.type, n: 12, at: letter.at, replyTo, proof: "none" });
  for (const length of [0, 1, 80, 110, 111, 112, 366, 5000]) {
    const other = await pack({ ...letter, body: new Uint8Array(length).fill(1) }, null);
    assert.equal(other.length % 256, 0);
    assert.equal((await unpack(other, null)).body.length, length);
  }
});

test("the proof is the one of the test vector", async () => {
  const line = lineOf(await pack(letter, link));
  assert.equal(JSON.parse(line).auth, "cJK6yahDutBz1gb/+QGK2uNou/uUSFXw57+hFOE/xSs=");
});

test("a message is proven for its link, channel and direction only", async () => {
  const content = await pack(letter, link);
  const proofFor = async (other) => (await unpack(content, other)).proof;
  assert.equal(await proofFor(link), "proven");
  assert.equal(await proofFor(null), "none");
  assert.equal(await proofFor({ ...link, secret: new Uint8Array(16) }), "wrong");
  assert.equal(await proofFor({ ...link, channel: "another" }), "wrong");
  assert.equal(await proofFor({ ...link, direction: FROM_OWNER }), "wrong");
  assert.equal((await unpack(await pack(letter, null), link)).proof, "wrong");
});

test("a proof does not hold for a changed line or body", async () => {
  const content = await pack(letter, link);
  const text = new TextDecoder().decode(content);
  const changed = [
    text.replace('"n":12', '"n":13'),
    text.replace("Grüße", "Grüsse"),
    text.replace('"v":1', '"v":1 '),
    text.replace(/,"auth":("[^"]*")\}/, ',"auth":$1,"n":12}'),
    text.replace(/"auth":"[^"]*"/, '"auth":""'),
    text.replace(/"auth":"[^"]*"/, '"auth":12'),
  ];
  for (const one of changed) assert.notEqual((await unpack(bytes(one), link)).proof, "proven", one.split("\n")[0]);
});

test("what a newer program wrote is told apart, whatever else its line says", async () => {
  for (const v of ["2", "0", "1.5", '"1"', "null", "[1]"]) {
    for (const line of [`{"v":${v},"type":"text/plain","length":0}`, `{"v":${v}}`, `{"v":${v},"type":7,"auth":"x"}`]) {
      assert.deepEqual(await unpack(of(line), link), { proof: NEWER }, line);
    }
  }
});

test("what is not of this form is no envelope", async () => {
  const none = [
    new Uint8Array(0),
    bytes('{"v":1,"type":"text/plain","length":0}'),
    of("null"),
    of("[]"),
    of("{"),
    of('{"type":"text/plain","length":0}'),
    of('{"v":1,"length":0}'),
    of('{"v":1,"type":"text/plain","length":-1}'),
    of('{"v":1,"type":"text/plain","length":1.5}'),
    of('{"v":1,"type":"text/plain","length":1000}', "short"),
    of('{"__proto__":{"v":1,"type":"text/plain","length":0}}'),
    Uint8Array.of(0xff, 0xfe, 0x0a),
  ];
  for (const content of none) assert.equal(await unpack(content, link), null, new TextDecoder().decode(content));
  const odd = await unpack(of('{"v":1,"type":"a","length":0,"n":"1","at":"never","reply_to":7}'), null);
  assert.deepEqual(odd, { body: new Uint8Array(0), type: "a", n: null, at: null, replyTo: null, proof: "none" });
});

test("a named key is 32 bytes of base64 after the name of the algorithm", () => {
  assert.deepEqual(keyOfName(nameOfKey(replyTo)), replyTo);
  const name = nameOfKey(replyTo);
  for (const wrong of ["", null, 7, name.slice(0, -2), name.slice(9), `${name}=`, name.replace("_", "-")]) {
    assert.equal(keyOfName(wrong), null, String(wrong));
  }
});

test("a type that no message could have stands for plain bytes", async () => {
  const typed = async (type) => (await unpack(of(JSON.stringify({ v: 1, type, length: 0 })), null)).type;
  assert.equal(await typed("image/png"), "image/png");
  for (const type of ["", "x".repeat(256), "text/\u0300".repeat(9), "text/plain\n", "\u202e"]) {
    assert.equal(await typed(type), "application/octet-stream");
  }
});
