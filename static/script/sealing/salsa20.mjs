// XSalsa20: the stream of bytes that a sealed box is added to. https://cr.yp.to/snuffle/xsalsa-20081128.pdf

/** "expand 32-byte k", the constant of a key of 32 bytes. */
const EXPAND = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

const word = (bytes, at) =>
  bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);

function put(bytes, at, value) {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** The sixteen words that the rounds begin with: constant, key, and 16 bytes of nonce or of nonce and counter. */
function begin(key, input) {
  const state = new Int32Array(16);
  for (let index = 0; index < 4; index += 1) {
    state[5 * index] = EXPAND[index];
    state[1 + index] = word(key, 4 * index);
    state[6 + index] = word(input, 4 * index);
    state[11 + index] = word(key, 16 + 4 * index);
  }
  return state;
}

/**
 * Twenty rounds over `state`, written to `out`. Sixteen local variables and no loop over them: with an array this takes
 * several times as long.
 */
function rounds(state, out) {
  let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = state;
  let t;
  for (let round = 0; round < 20; round += 2) {
    t = (a + m) | 0; e ^= (t << 7) | (t >>> 25);
    t = (e + a) | 0; i ^= (t << 9) | (t >>> 23);
    t = (i + e) | 0; m ^= (t << 13) | (t >>> 19);
    t = (m + i) | 0; a ^= (t << 18) | (t >>> 14);
    t = (f + b) | 0; j ^= (t << 7) | (t >>> 25);
    t = (j + f) | 0; n ^= (t << 9) | (t >>> 23);
    t = (n + j) | 0; b ^= (t << 13) | (t >>> 19);
    t = (b + n) | 0; f ^= (t << 18) | (t >>> 14);
    t = (k + g) | 0; o ^= (t << 7) | (t >>> 25);
    t = (o + k) | 0; c ^= (t << 9) | (t >>> 23);
    t = (c + o) | 0; g ^= (t << 13) | (t >>> 19);
    t = (g + c) | 0; k ^= (t << 18) | (t >>> 14);
    t = (p + l) | 0; d ^= (t << 7) | (t >>> 25);
    t = (d + p) | 0; h ^= (t << 9) | (t >>> 23);
    t = (h + d) | 0; l ^= (t << 13) | (t >>> 19);
    t = (l + h) | 0; p ^= (t << 18) | (t >>> 14);

    t = (a + d) | 0; b ^= (t << 7) | (t >>> 25);
    t = (b + a) | 0; c ^= (t << 9) | (t >>> 23);
    t = (c + b) | 0; d ^= (t << 13) | (t >>> 19);
    t = (d + c) | 0; a ^= (t << 18) | (t >>> 14);
    t = (f + e) | 0; g ^= (t << 7) | (t >>> 25);
    t = (g + f) | 0; h ^= (t << 9) | (t >>> 23);
    t = (h + g) | 0; e ^= (t << 13) | (t >>> 19);
    t = (e + h) | 0; f ^= (t << 18) | (t >>> 14);
    t = (k + j) | 0; l ^= (t << 7) | (t >>> 25);
    t = (l + k) | 0; i ^= (t << 9) | (t >>> 23);
    t = (i + l) | 0; j ^= (t << 13) | (t >>> 19);
    t = (j + i) | 0; k ^= (t << 18) | (t >>> 14);
    t = (p + o) | 0; m ^= (t << 7) | (t >>> 25);
    t = (m + p) | 0; n ^= (t << 9) | (t >>> 23);
    t = (n + m) | 0; o ^= (t << 13) | (t >>> 19);
    t = (o + n) | 0; p ^= (t << 18) | (t >>> 14);
  }
  out[0] = a; out[1] = b; out[2] = c; out[3] = d; out[4] = e; out[5] = f; out[6] = g; out[7] = h;
  out[8] = i; out[9] = j; out[10] = k; out[11] = l; out[12] = m; out[13] = n; out[14] = o; out[15] = p;
}

/** A key of 32 bytes out of a key of 32 and a nonce of 16: HSalsa20. */
export function derive(key, nonce) {
  const mixed = new Int32Array(16);
  rounds(begin(key, nonce), mixed);
  const derived = new Uint8Array(32);
  [0, 5, 10, 15, 6, 7, 8, 9].forEach((from, index) => put(derived, 4 * index, mixed[from]));
  return derived;
}

/**
 * `bytes` with the stream of `key` (32 bytes) and `nonce` (24 bytes) added, in place. What was added can so be taken
 * away again. At most 2^32 blocks of 64 bytes, far more than a message has.
 */
export function addStream(bytes, key, nonce) {
  const input = new Uint8Array(16);
  input.set(nonce.subarray(16, 24));
  const state = begin(derive(key, nonce.subarray(0, 16)), input);
  const mixed = new Int32Array(16);
  for (let at = 0; at < bytes.length; at += 64) {
    rounds(state, mixed);
    const most = Math.min(64, bytes.length - at);
    for (let index = 0; index < 16; index += 1) mixed[index] = (mixed[index] + state[index]) | 0;
    for (let index = 0; index < most; index += 1) bytes[at + index] ^= mixed[index >> 2] >>> (8 * (index & 3));
    state[8] = (state[8] + 1) | 0;
  }
}
