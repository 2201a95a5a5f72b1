// One side of a channel as a program, written from PROTOCOL.md alone: libsodium, JSON, HMAC and a few requests. It takes the
// arguments and orders that `party.py` beside it explains.
import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const sodium = createRequire(`${process.env.NODE_PACKAGES}/`)("libsodium-wrappers");
await sodium.ready;

const SEALED = "application/vnd.peerbox.sealed";
const NAMED = "libsodium sealed_box ";
const TEXT = "text/plain; charset=utf-8";

const [role, link, secretKey] = process.argv.slice(2);
const place = new URL(link);
const [before, channel] = place.pathname.split("/c/");
const address = `${place.origin}${before}/api/v1/channel/${channel}`;
const [token, fingerprint, secret] = place.hash.slice(1).split(".");
const key = Buffer.from(hkdfSync("sha256", Buffer.from(secret, "base64url"), "", "peerbox link 1", 32));
const [writes, reads] = role === "guest" ? ["to-owner", "from-owner"] : ["from-owner", "to-owner"];

const made = sodium.crypto_box_keypair();
const own = secretKey
  ? { privateKey: Buffer.from(secretKey, "base64"), publicKey: sodium.crypto_scalarmult_base(Buffer.from(secretKey, "base64")) }
  : made;
const nameOf = (publicKey) => NAMED + Buffer.from(publicKey).toString("base64");
const keyOf = (name) => Buffer.from(name.slice(NAMED.length), "base64");

async function request(method, rest, body, type) {
  const headers = { authorization: `Bearer ${token}`, ...(type && { "content-type": type }) };
  const answer = await fetch(address + rest, { method, headers, body });
  if (!answer.ok) throw new Error(`${method} ${rest}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

let other = null;
if (role === "guest") {
  other = keyOf((await request("GET", "/key")).key);
  const seen = createHash("sha256").update(other).digest().subarray(0, 16);
  if (!seen.equals(Buffer.from(fingerprint, "base64url"))) throw new Error("the link names another key");
}

const proof = (direction, line, body) =>
  createHmac("sha256", key).update(`${channel}\n${direction}\n${line}\n`).update(body).digest();

async function write(content, type) {
  const { sequence } = await request("POST", "", sodium.crypto_box_seal(content, other), type);
  return { sequence };
}

let count = 0;
function seal(text) {
  count += 1;
  const body = Buffer.from(text);
  const about = { v: 1, type: TEXT, length: body.length, n: count, at: new Date().toISOString(), reply_to: nameOf(own.publicKey) };
  const line = JSON.stringify(about);
  const proven = `${line.slice(0, -1)},"auth":"${proof(writes, line, body).toString("base64")}"}\n`;
  const content = Buffer.concat([Buffer.from(proven), body]);
  return write(Buffer.concat([content, Buffer.alloc((256 - (content.length % 256)) % 256)]), SEALED);
}

function opened({ payload, content_type: type }) {
  let content;
  try {
    content = Buffer.from(sodium.crypto_box_seal_open(Buffer.from(payload, "base64"), own.publicKey, own.privateKey));
  } catch {
    return { closed: true };
  }
  if (type !== SEALED) return { type, text: content.toString(), proof: "raw" };
  const end = content.indexOf("\n");
  const line = content.subarray(0, end).toString();
  const about = JSON.parse(line);
  if (about.v !== 1 || content.length % 256) throw new Error("another form");
  const body = content.subarray(end + 1, end + 1 + about.length);
  const [, bare, given] = /^(.*),"auth":"([^"]*)"\}$/.exec(line);
  other = keyOf(about.reply_to);
  const isProven = timingSafeEqual(Buffer.from(given, "base64"), proof(reads, `${bare}}`, body));
  return { type: about.type, text: body.toString(), n: about.n, proof: isProven ? "proven" : "wrong" };
}

let last = 0;
async function read() {
  const messages = await request("GET", `?after=${last}&authors=true`);
  last = Math.max(last, ...messages.map(({ sequence }) => sequence));
  return messages.filter(({ author }) => author !== "own").map(opened);
}

const orders = {
  seal: ({ text }) => seal(text),
  raw: ({ text }) => write(Buffer.from(text), TEXT),
  read,
  key: () => nameOf(own.publicKey),
};
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  console.log(JSON.stringify(await orders[order.do](order)));
}
