// Holds the pages' sealed boxes against libsodium, both ways. Prints what differs and ends with 1 if anything does.
//
// sealing.mjs FOLDER: the folder of the pages' modules for sealing.
import { pathToFileURL } from "node:url";
import sodium from "libsodium-wrappers";

const RANDOM = 10_000;
const folder = pathToFileURL(`${process.argv[2]}/`);
const { open, seal } = await import(new URL("sealed_box.mjs", folder));
const { pairOf } = await import(new URL("keys.mjs", folder));
await sodium.ready;

/** Every length up to five blocks, the borders of blocks further on, and the largest message. */
const BLOCK = 64;
const lengths = Array.from({ length: 301 }, (_, length) => length);
for (const blocks of [8, 16, 64, 128, 1024]) {
  for (const off of [-33, -32, -31, -17, -16, -15, -1, 0, 1]) lengths.push(blocks * BLOCK + off);
}
lengths.push(1024 * 1024);
for (let count = 0; count < RANDOM; count += 1) lengths.push(sodium.randombytes_uniform(2048));

const isSame = (one, other) => one !== null && one.length === other.length && sodium.memcmp(one, other);

let differ = 0;
for (const length of lengths) {
  const theirs = sodium.crypto_box_keypair();
  const ours = await pairOf(theirs.privateKey);
  const message = sodium.randombytes_buf(length);
  const sealedByUs = await seal(message, theirs.publicKey);
  const sealedByThem = sodium.crypto_box_seal(message, theirs.publicKey);
  const agree =
    isSame(ours.publicKey, theirs.publicKey) &&
    isSame(sodium.crypto_box_seal_open(sealedByUs, theirs.publicKey, theirs.privateKey), message) &&
    isSame(await open(sealedByThem, ours), message);
  if (!agree) {
    differ += 1;
    console.error(`${length} bytes differ`);
  }
}
console.log(`${lengths.length} boxes each way, ${differ} differ`);
process.exit(differ === 0 ? 0 : 1);
