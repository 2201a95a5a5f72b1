// Enhances nothing by itself: the bytes of a QR code, a text and what readers mend damage with.

/** Bytes for mending in each block, and how many blocks there are, by version: about 15 % may be damaged, level M. */
const MENDING = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

/** The largest code that is made here: whatever is longer is not for a phone's camera. */
export const LAST_VERSION = BLOCKS.length;

/** Bits that say how long the text is. */
const lengthBits = (version) => (version < 10 ? 8 : 16);

/** What stands between the text and the end of a code, in turns. */
const FILLING = [0xec, 0x11];

/** The field of 256 elements that the code counts in: powers of 2, and which power an element is. */
const POWERS = new Uint8Array(255);
const LOGARITHMS = new Uint8Array(256);
for (let power = 0, element = 1; power < 255; power += 1) {
  POWERS[power] = element;
  LOGARITHMS[element] = power;
  element = (element << 1) ^ (element & 0x80 ? 0x11d : 0);
}

const times = (one, other) => (one && other ? POWERS[(LOGARITHMS[one] + LOGARITHMS[other]) % 255] : 0);

/** The product of (x - 2^0) … (x - 2^(degree - 1)), without its first coefficient, which is 1. */
function divisorOf(degree) {
  const divisor = new Uint8Array(degree);
  divisor[degree - 1] = 1;
  for (let root = 0; root < degree; root += 1) {
    for (let at = 0; at < degree; at += 1) {
      divisor[at] = times(divisor[at], POWERS[root]) ^ (divisor[at + 1] ?? 0);
    }
  }
  return divisor;
}

/** What is left of `data` after the division: the bytes for mending it. */
function remainder(data, divisor) {
  const left = new Uint8Array(divisor.length);
  for (const byte of data) {
    const factor = byte ^ left[0];
    left.copyWithin(0, 1);
    left[left.length - 1] = 0;
    divisor.forEach((coefficient, at) => { left[at] ^= times(coefficient, factor); });
  }
  return left;
}

/** Bytes of text that fit into a version with `total` bytes in all. */
export function room(version, total) {
  const data = total - MENDING[version - 1] * BLOCKS[version - 1];
  return data - Math.ceil((4 + lengthBits(version)) / 8);
}

/** Kind, length and text, filled up to `length` bytes. */
function dataOf(text, version, length) {
  const data = new Uint8Array(length);
  let held = 0b0100;
  let bits = 4;
  let at = 0;
  const put = (value, width) => {
    held = (held << width) | value;
    for (bits += width; bits >= 8; bits -= 8) data[at++] = held >> (bits - 8);
    held &= (1 << bits) - 1;
  };
  put(text.length, lengthBits(version));
  for (const byte of text) put(byte, 8);
  // Four zeros end it, which is also what is missing to a whole byte.
  put(0, 4);
  for (let turn = 0; at < length; turn += 1) data[at++] = FILLING[turn % 2];
  return data;
}

/** All bytes of a code of `version`, `total` of them, in the order in which they are drawn. */
export function codewords(text, version, total) {
  const [mending, count] = [MENDING[version - 1], BLOCKS[version - 1]];
  const data = dataOf(text, version, total - mending * count);
  const divisor = divisorOf(mending);
  // The last blocks are one byte longer where they cannot be equal.
  const short = Math.floor(data.length / count);
  const shorter = count - (data.length % count);
  const blocks = Array.from({ length: count }, (_, block) => {
    const start = block * short + Math.max(0, block - shorter);
    return data.subarray(start, start + short + (block < shorter ? 0 : 1));
  });
  const menders = blocks.map((block) => remainder(block, divisor));
  const inTurns = (parts, longest) =>
    Array.from({ length: longest }, (_, at) => parts.filter((part) => at < part.length).map((part) => part[at])).flat();
  return Uint8Array.from([...inTurns(blocks, short + 1), ...inTurns(menders, mending)]);
}
