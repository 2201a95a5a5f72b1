// Poly1305: the tag that says whether a sealed box is whole. RFC 8439, section 2.5.
//
// Numbers modulo 2^130 - 5 are six limbs of 22 bits in doubles. A product has at most 101 * 2^45 in one limb, below the
// 2^53 up to which doubles count exactly. 2^132 is 20 modulo 2^130 - 5. Every step takes the same time for all values.

const LIMB = 2 ** 22;

/** The sixteen bytes from `at` on, and `high` times 2^128, as limbs. */
function limbs(bytes, at, high) {
  const b = (index) => bytes[at + index];
  return [
    b(0) | (b(1) << 8) | ((b(2) & 0x3f) << 16),
    (b(2) >> 6) | (b(3) << 2) | (b(4) << 10) | ((b(5) & 0x0f) << 18),
    (b(5) >> 4) | (b(6) << 4) | (b(7) << 12) | ((b(8) & 0x03) << 20),
    (b(8) >> 2) | (b(9) << 6) | (b(10) << 14),
    b(11) | (b(12) << 8) | ((b(13) & 0x3f) << 16),
    (b(13) >> 6) | (b(14) << 2) | (b(15) << 10) | (high << 18),
  ];
}

/** Adds the blocks of `message`: each into the sum, and the sum multiplied by `r`. */
function sum(message, [r0, r1, r2, r3, r4, r5]) {
  const [s1, s2, s3, s4, s5] = [20 * r1, 20 * r2, 20 * r3, 20 * r4, 20 * r5];
  let [h0, h1, h2, h3, h4, h5] = [0, 0, 0, 0, 0, 0];
  const last = new Uint8Array(16);
  for (let at = 0; at < message.length; at += 16) {
    let block;
    if (message.length - at >= 16) {
      block = limbs(message, at, 1);
    } else {
      last.set(message.subarray(at));
      last[message.length - at] = 1;
      block = limbs(last, 0, 0);
    }
    h0 += block[0]; h1 += block[1]; h2 += block[2]; h3 += block[3]; h4 += block[4]; h5 += block[5];
    let t0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1;
    let t1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2;
    let t2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3;
    let t3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4;
    let t4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5;
    let t5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0;
    let carry = Math.floor(t0 / LIMB); h0 = t0 - carry * LIMB; t1 += carry;
    carry = Math.floor(t1 / LIMB); h1 = t1 - carry * LIMB; t2 += carry;
    carry = Math.floor(t2 / LIMB); h2 = t2 - carry * LIMB; t3 += carry;
    carry = Math.floor(t3 / LIMB); h3 = t3 - carry * LIMB; t4 += carry;
    carry = Math.floor(t4 / LIMB); h4 = t4 - carry * LIMB; t5 += carry;
    carry = Math.floor(t5 / LIMB); h5 = t5 - carry * LIMB; h0 += 20 * carry;
    carry = Math.floor(h0 / LIMB); h0 -= carry * LIMB; h1 += carry;
  }
  return [h0, h1, h2, h3, h4, h5];
}

/** Brings every limb below 2^22; what the highest one is above 2^20, which counts 5 each, goes back to the lowest. */
function carry(number) {
  for (let index = 0; index < 6; index += 1) {
    const size = index < 5 ? LIMB : 2 ** 20;
    const over = Math.floor(number[index] / size);
    number[index] -= over * size;
    number[index < 5 ? index + 1 : 0] += index < 5 ? over : 5 * over;
  }
}

/** The number modulo 2^130 - 5, exactly: without it where it is not below. */
function reduce(number) {
  // The lowest limb may have got a little more from the highest; the third time nothing moves any more.
  for (let time = 0; time < 3; time += 1) carry(number);
  const less = number.slice();
  less[0] += 5;
  for (let index = 0; index < 5; index += 1) {
    less[index + 1] += less[index] >>> 22;
    less[index] &= LIMB - 1;
  }
  const fits = -(less[5] >>> 20);
  less[5] &= 2 ** 20 - 1;
  return number.map((limb, index) => (limb & ~fits) | (less[index] & fits));
}

/** The tag of `message`, 16 bytes, under a key of 32 bytes that is used for one message only. */
export function tag(message, key) {
  const clamped = key.slice(0, 16);
  for (const index of [3, 7, 11, 15]) clamped[index] &= 0x0f;
  for (const index of [4, 8, 12]) clamped[index] &= 0xfc;
  const number = reduce(sum(message, limbs(clamped, 0, 0)));
  const added = limbs(key, 16, 0);
  const bytes = new Uint8Array(16);
  let bits = 0;
  let held = 0;
  let at = 0;
  let over = 0;
  for (let index = 0; index < 6; index += 1) {
    const limb = number[index] + added[index] + over;
    over = limb >>> 22;
    held |= (limb & (LIMB - 1)) << bits;
    bits += 22;
    // Bits above 2^128 are left away: the tag counts modulo 2^128.
    for (; bits >= 8 && at < 16; bits -= 8) {
      bytes[at] = held;
      held >>>= 8;
      at += 1;
    }
  }
  return bytes;
}

/** Whether two tags are the same, in a time that does not say where they differ. */
export function isSame(one, other) {
  let different = one.length ^ other.length;
  for (let index = 0; index < one.length; index += 1) different |= one[index] ^ other[index];
  return different === 0;
}
