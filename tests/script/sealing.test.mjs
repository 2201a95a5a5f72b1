import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import test from "node:test";
import { blake2b } from "../../static/script/sealing/blake2b.mjs";
import { agree, newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { tag } from "../../static/script/sealing/poly1305.mjs";
import { derive } from "../../static/script/sealing/salsa20.mjs";
import { open, OVERHEAD, seal } from "../../static/script/sealing/sealed_box.mjs";

const hex = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const bytes = (text) => Uint8Array.from(Buffer.from(text));
const read = (array) => Buffer.from(array).toString("hex");

test("BLAKE2b is that of RFC 7693, also of any other length", () => {
  const abc = read(blake2b(bytes("abc"), 64));
  assert.equal(abc, createHash("blake2b512").update("abc").digest("hex"));
  assert.equal(read(blake2b(new Uint8Array(128), 64)), createHash("blake2b512").update(new Uint8Array(128)).digest("hex"));
  const counted = Uint8Array.from({ length: 64 }, (_, index) => index);
  assert.equal(read(blake2b(counted, 24)), "aa054507b4916837a6d2b35b1ce7c525facdb7868ed55a8a");
});

test("HSalsa20 is that of the paper", () => {
  const shared = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  assert.equal(
    read(derive(shared, new Uint8Array(16))),
    "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389",
  );
});

test("Poly1305 is that of RFC 8439", () => {
  const key = hex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b");
  assert.equal(read(tag(bytes("Cryptographic Forum Research Group"), key)), "a8061dc1305136c6c22b8baf0c0127a9");
});

/** Poly1305 in the words of the RFC, with numbers of any size. */
function plainTag(message, key) {
  const number = (part) => BigInt(`0x${read(Uint8Array.from(part).reverse()) || "0"}`);
  const r = number(key.slice(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.slice(at, at + 16);
    sum = ((sum + number(block) + (1n << BigInt(8 * block.length))) * r) % ((1n << 130n) - 5n);
  }
  const out = (sum + number(key.slice(16))) & ((1n << 128n) - 1n);
  return out.toString(16).padStart(32, "0").match(/../g).reverse().join("");
}

test("Poly1305 is right where its sum is next to the borders of the numbers", () => {
  // With 1 as the factor a sum is what its blocks say, each with 2^128 on top.
  const p = (1n << 130n) - 5n;
  const block = (value) => hex(value.toString(16).padStart(32, "0").match(/../g).reverse().join(""));
  const whole = (1n << 128n) - 1n;
  for (const r of [1n, 2n, 4n, 0x0ffffffc0ffffffc0ffffffc0fffffffn]) {
    for (const s of [0n, 1n, whole]) {
      for (const border of [p, 1n << 130n, 1n << 131n, 2n * p, 1n << 132n]) {
        for (let off = -6n; off <= 6n; off += 1n) {
          const count = (border + off) / (2n * whole) + 1n;
          let left = border + off - count * (1n << 128n);
          const blocks = [];
          for (let index = 0n; index < count; index += 1n) {
            const value = left > whole ? whole : left < 0n ? 0n : left;
            blocks.push(block(value));
            left -= value;
          }
          const message = Uint8Array.from(blocks.flatMap((one) => [...one]));
          const key = Uint8Array.of(...block(r), ...block(s));
          assert.equal(left, 0n);
          assert.equal(read(tag(message, key)), plainTag(message, key), `${r} ${s} ${border + off}`);
        }
      }
    }
  }
});

test("Poly1305 agrees with the words of the RFC for every length", () => {
  for (let length = 0; length <= 300; length += 1) {
    for (const fill of [0xff, null]) {
      const message = fill === null ? Uint8Array.from(randomBytes(length)) : new Uint8Array(length).fill(fill);
      const key = fill === null ? Uint8Array.from(randomBytes(32)) : new Uint8Array(32).fill(fill);
      assert.equal(read(tag(message, key)), plainTag(message, key), `${length} bytes of ${fill}`);
    }
  }
});

test("a secret key that was made cannot be read out of its pair", async () => {
  const pair = await pairOf(newSecret());
  assert.equal(pair.secretKey.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", pair.secretKey));
  await assert.rejects(pairOf(new Uint8Array(33)), RangeError);
});

test("two keys agree, and none with a key that agrees with all", async () => {
  const [one, other] = [await pairOf(newSecret()), await pairOf(newSecret())];
  assert.deepEqual(await agree(one.secretKey, other.publicKey), await agree(other.secretKey, one.publicKey));
  const low = [
    "00".repeat(32),
    `01${"00".repeat(31)}`,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    `ec${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
  ];
  for (const key of low) {
    assert.equal(await agree(one.secretKey, hex(key)), null, key);
    await assert.rejects(seal(bytes("text"), hex(key)), RangeError);
    assert.equal(await open(Uint8Array.of(...hex(key), ...new Uint8Array(32)), one), null);
  }
});

test("a box opens with its key and with no other, and not when a bit of it is another", async () => {
  const [mine, other] = [await pairOf(newSecret()), await pairOf(newSecret())];
  const message = bytes("a word between two");
  const box = await seal(message, mine.publicKey);
  assert.equal(box.length, message.length + OVERHEAD);
  assert.deepEqual(await open(box, mine), message);
  assert.equal(await open(box, other), null);
  for (let bit = 0; bit < box.length * 8; bit += 1) {
    const damaged = box.slice();
    damaged[bit >> 3] ^= 1 << (bit & 7);
    assert.equal(await open(damaged, mine), null, `bit ${bit}`);
  }
  for (let length = 0; length < box.length; length += 1) assert.equal(await open(box.slice(0, length), mine), null);
});

test("a public key is used as it is written, also with its top bit set", async () => {
  const pair = await pairOf(newSecret());
  const written = pair.publicKey.slice();
  written[31] |= 0x80;
  const box = await seal(bytes("text"), written);
  assert.equal(await open(box, pair), null);
  assert.deepEqual(await open(box, { ...pair, publicKey: written }), bytes("text"));
});
