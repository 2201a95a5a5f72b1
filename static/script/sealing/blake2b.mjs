// BLAKE2b of one block: the nonce of a sealed box is made of its two public keys with it. RFC 7693.
//
// All that goes in is public, so numbers of any size will do, whose time depends on their values.

const START = [
  0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n,
];

/** In which order the sixteen words of the block are taken, round by round; the last two are as the first two. */
const ORDERS = [
  "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d", "2c6a0b834d75fe19",
  "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0", "0123456789abcdef", "ea489fd61c02b753",
].map((order) => [...order].map((digit) => parseInt(digit, 16)));

/** Four columns, then four diagonals. */
const MIXED = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];

const add = (...numbers) => BigInt.asUintN(64, numbers.reduce((one, other) => one + other));
const turn = (number, bits) => BigInt.asUintN(64, (number >> bits) | (number << (64n - bits)));

/** The hash of `input`, at most 128 bytes, without a key; `length` bytes, at most 64. */
export function blake2b(input, length) {
  const block = new DataView(new ArrayBuffer(128));
  new Uint8Array(block.buffer).set(input);
  const words = ORDERS[0].map((index) => block.getBigUint64(8 * index, true));
  const hash = START.slice();
  hash[0] ^= 0x01010000n ^ BigInt(length);
  const v = [...hash, ...START];
  v[12] ^= BigInt(input.length);
  // This is the last block.
  v[14] ^= 0xffffffffffffffffn;
  for (const order of ORDERS) {
    MIXED.forEach(([a, b, c, d], index) => {
      v[a] = add(v[a], v[b], words[order[2 * index]]);
      v[d] = turn(v[d] ^ v[a], 32n);
      v[c] = add(v[c], v[d]);
      v[b] = turn(v[b] ^ v[c], 24n);
      v[a] = add(v[a], v[b], words[order[2 * index + 1]]);
      v[d] = turn(v[d] ^ v[a], 16n);
      v[c] = add(v[c], v[d]);
      v[b] = turn(v[b] ^ v[c], 63n);
    });
  }
  const out = new DataView(new ArrayBuffer(64));
  hash.forEach((word, index) => out.setBigUint64(8 * index, word ^ v[index] ^ v[index + 8], true));
  return new Uint8Array(out.buffer, 0, length);
}
