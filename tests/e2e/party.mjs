// The Node party of the end-to-end exchange; `run` says what it proves.
//
// It owns a channel and hands it over, takes the channel that the other party hands over, and holds a conversation in
// both at once. Of the other party it knows an address, a token and a public key, and what the messages should be.

import { createHash, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import sodium from "libsodium-wrappers";
import WebSocket from "ws";

const NAME = "node";
const RECEIVED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const LONGEST_PLAINTEXT = 65536 - 48; // what sealing leaves of the server's limit

/** What `author` says in message `index`: both programs compute it, neither tells the other. */
function plaintext(address, author, index, count) {
  const length = index === 1 ? 0 : index === count ? LONGEST_PLAINTEXT : (index * index * 37) % 5000;
  const blocks = [];
  for (let block = 0; block <= Math.floor(length / 32); block++) {
    blocks.push(createHash("sha256").update(`${address} ${author} ${index} ${block}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function expect(condition, what) {
  if (!condition) throw new Error(what);
}

/** Standard base64 with padding, and nothing else: `Buffer` would take almost anything. */
function fromBase64(text) {
  const bytes = Buffer.from(text, "base64");
  expect(bytes.toString("base64") === text, "a text is not standard base64");
  return bytes;
}

/** The server's API. A request that finds nobody at home is sent again, unchanged, until the deadline. */
class Server {
  constructor(caFile) {
    this.ca = readFileSync(caFile);
    this.agent = new https.Agent({ ca: this.ca, keepAlive: true });
  }

  once(method, url, headers, body) {
    return new Promise((resolve, reject) => {
      const request = https.request(url, { method, headers, agent: this.agent }, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  async request(method, url, { status = 200, headers = {}, body } = {}) {
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    for (;;) {
      let answer;
      try {
        answer = await this.once(method, url, { ...headers, ...length }, body);
      } catch (error) {
        // A certificate that is not trusted is not somebody out of the house.
        expect(["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(error.code), `${method} failed: ${error.message}`);
        await sleep(100);
        continue;
      }
      if (answer.status === 503) {
        await sleep(1000 * Number(answer.headers["retry-after"] ?? 1));
        continue;
      }
      // The address stays out of the message, because it may hold a token.
      expect(answer.status === status, `${method} was answered with ${answer.status}: ${answer.text}`);
      return answer;
    }
  }

  json(method, url, headers, value) {
    const body = JSON.stringify(value);
    return this.request(method, url, { headers: { ...headers, "Content-Type": "application/json" }, body });
  }

  /** An open socket; its frames and its end are queued from the first moment on. */
  async socket(address, token) {
    for (;;) {
      const socket = new WebSocket(`${address.replace("https", "wss")}/notify?token=${token}`, { ca: this.ca });
      const queue = new Queue();
      socket.on("message", (data, isBinary) => queue.put({ frame: isBinary ? null : data.toString() }));
      const opened = new Promise((resolve, reject) => {
        socket.on("open", resolve);
        socket.on("error", reject);
      });
      socket.on("close", (code) => queue.put({ closed: code }));
      try {
        await opened;
        return { queue, close: () => socket.close() };
      } catch (error) {
        // What `ws` says of an answer: the server is stopping.
        const isStopping = error.message === "Unexpected server response: 503";
        expect(isStopping || ["ECONNREFUSED", "ECONNRESET"].includes(error.code), `no socket: ${error.message}`);
        await sleep(isStopping ? 1000 : 100);
      }
    }
  }
}

class Queue {
  items = [];
  wake = () => {};

  put(item) {
    this.items.push(item);
    this.wake();
  }

  async take() {
    while (this.items.length === 0) await new Promise((resolve) => (this.wake = resolve));
    return this.items.shift();
  }
}

/** One channel with one token in it: writes `count` messages, and reads as many of the other party. */
class Conversation {
  sent = new Map();
  received = new Map();
  announced = new Set();
  found = new Set();

  constructor(server, address, token, me, them, keys, count) {
    Object.assign(this, { server, address, token, me, them, keys, count });
    this.headers = { Authorization: `Bearer ${token}` };
    this.goingAway = new Promise((resolve) => (this.noteGoingAway = resolve));
  }

  async run(half) {
    const socket = await this.server.socket(this.address, this.token);
    await Promise.all([this.listen(socket), this.writeAll(half)]);
    await this.compare();
    expect(this.announced.size >= this.count / 2, `only ${this.announced.size} messages were announced`);
    const { sent, received, announced } = this;
    console.log(`${NAME}: as ${this.me} sent ${sent.size}, received ${received.size}, ${announced.size} of them announced`);
  }

  async writeAll(half) {
    for (let index = 1; index <= this.count; index++) {
      if (index === Math.floor(this.count / 2)) half();
      if (index > this.count / 2) await sleep(10); // The restart falls into these.
      if (index === Math.floor((this.count * 3) / 4)) await this.goingAway;
      const text = plaintext(this.address, this.me, index, this.count);
      const sealed = Buffer.from(sodium.crypto_box_seal(text, this.keys.theirPublic));
      const headers = { "Content-Type": "application/octet-stream", "Idempotency-Key": randomUUID() };
      const answer = await this.server.request("POST", this.address, {
        headers: { ...this.headers, ...headers },
        body: sealed,
      });
      const message = JSON.parse(answer.text);
      expect(fromBase64(message.payload).equals(sealed), `message ${index} was not echoed`);
      expect(!this.sent.has(message.sequence), `sequence ${message.sequence} was given twice`);
      this.sent.set(message.sequence, sealed);
    }
  }

  /** Reads when told to, and once after connecting, because what happened before is not told again. */
  async listen(socket) {
    let restarts = 0;
    this.note(await this.readUnread());
    while (!this.isComplete()) {
      const { frame, closed } = await socket.queue.take();
      if (closed === undefined) {
        const sequence = this.checkedFrame(frame);
        this.announced.add(sequence);
        if (!this.received.has(sequence)) await this.readUnread();
        continue;
      }
      expect(closed === 1001, `the socket was closed with ${closed}, not as going away`);
      expect(++restarts === 1, "the socket was closed twice");
      this.noteGoingAway();
      this.note(this.received.keys()); // Whatever the old socket did not tell any more.
      socket = await this.server.socket(this.address, this.token);
      this.note(await this.readUnread());
    }
    socket.close();
  }

  note(sequences) {
    for (const sequence of sequences) this.found.add(sequence);
  }

  isComplete() {
    const told = (sequence) => this.announced.has(sequence) || this.found.has(sequence);
    return this.received.size === this.count && [...this.received.keys()].every(told);
  }

  checkedFrame(frame) {
    expect(frame !== null, "a notification is not text");
    const { channel_id, notification, received, sequence, content_type } = JSON.parse(frame);
    expect(channel_id === this.address.split("/").pop(), "a notification names another channel");
    expect(notification === "New message arrived", `a notification says ${frame}`);
    expect(content_type === "application/octet-stream", `a notification says ${frame}`);
    expect(RECEIVED.test(received), `a notification says ${frame}`);
    return sequence;
  }

  async readUnread() {
    const answer = await this.server.request("GET", `${this.address}?unread=true`, { headers: this.headers });
    const messages = JSON.parse(answer.text);
    for (const message of messages) {
      const sealed = fromBase64(message.payload);
      const index = this.received.size + 1;
      const opened = Buffer.from(sodium.crypto_box_seal_open(sealed, this.keys.publicKey, this.keys.privateKey));
      expect(opened.equals(plaintext(this.address, this.them, index, this.count)), `message ${index} differs`);
      expect(message.content_type === "application/octet-stream", `a message of ${message.content_type}`);
      expect(RECEIVED.test(message.received), `a message received at ${message.received}`);
      this.received.set(message.sequence, sealed);
    }
    if (messages.length > 0) {
      const last = messages.at(-1).sequence;
      await this.server.json("POST", `${this.address}/${last}?older=true`, this.headers, { read: true });
    }
    return messages.map((message) => message.sequence);
  }

  /** Everything that the server keeps, page by page, against everything that was sent and received. */
  async compare() {
    const kept = [];
    for (;;) {
      const page = `${this.address}?limit=30&after=${kept.at(-1)?.sequence ?? 0}`;
      const messages = JSON.parse((await this.server.request("GET", page, { headers: this.headers })).text);
      if (messages.length === 0) break;
      kept.push(...messages);
    }
    expect(kept.length === 2 * this.count, `${kept.length} messages are kept`);
    kept.forEach(({ sequence, payload }, position) => {
      expect(sequence === position + 1, `sequence ${sequence} is in place ${position + 1}`);
      expect(this.sent.has(sequence) !== this.received.has(sequence), `sequence ${sequence} is nobody's or both's`);
      const passed = this.sent.get(sequence) ?? this.received.get(sequence);
      expect(passed.equals(fromBase64(payload)), `sequence ${sequence} is kept otherwise than it was passed`);
    });
    expect([...this.announced].every((sequence) => this.received.has(sequence)), "own messages were announced");
    const head = await this.server.request("HEAD", this.address, { headers: this.headers });
    expect(head.headers.etag === String(Math.max(...this.received.keys())), `HEAD says ${head.headers.etag}`);
  }
}

/** Creates a channel and a token for the other party; answers the address and both tokens. */
async function ownChannel(server, settings) {
  const credentials = Buffer.from(`${settings.user}:${process.env.PARTY_PASSWORD}`).toString("base64");
  const headers = { Authorization: `Basic ${credentials}` };
  const channels = `${settings.server}/api/v1/account/${settings.account}/channel`;
  const created = await server.json("POST", channels, headers, {
    public_read: false,
    public_write: false,
    sequenced: false,
    retention: { min_age_days: 0, max_age_days: 1, auto_prune: true },
  });
  const channel = JSON.parse(created.text);
  const wanted = { description: "the other party", can_read: true, can_write: true };
  const issued = await server.json("POST", `${channels}/${channel.id}/api-token`, headers, wanted);
  return [channel.href, channel.access_tokens[0].token, JSON.parse(issued.text).token];
}

function handOver(path, address, token, publicKey) {
  const key = Buffer.from(publicKey).toString("base64");
  writeFileSync(`${path}.draft`, JSON.stringify({ address, token, encryption: `libsodium sealed_box ${key}` }));
  renameSync(`${path}.draft`, path);
}

async function takeOver(path) {
  while (!existsSync(path)) await sleep(50);
  const handover = JSON.parse(readFileSync(path, "utf8"));
  expect(Object.keys(handover).sort().join() === "address,encryption,token", "the handover has other members");
  const [library, algorithm, key, ...more] = handover.encryption.split(" ");
  expect(library === "libsodium" && algorithm === "sealed_box" && more.length === 0, "cannot seal like that");
  return [handover.address, handover.token, fromBase64(key)];
}

async function exchange(settings) {
  await sodium.ready;
  const server = new Server(settings.ca);
  const count = Number(settings.count);
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  const [address, ownToken, theirToken] = await ownChannel(server, settings);
  handOver(settings.give, address, theirToken, publicKey);
  const [theirAddress, myToken, theirPublic] = await takeOver(settings.take);
  const keys = { publicKey, privateKey, theirPublic };
  const half = () => console.log("half");
  await Promise.all([
    new Conversation(server, address, ownToken, "owner", "guest", keys, count).run(half),
    new Conversation(server, theirAddress, myToken, "guest", "owner", keys, count).run(half),
  ]);
}

const names = ["server", "ca", "account", "user", "give", "take", "count", "seconds"];
const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: "string" }])) });
setTimeout(() => {
  console.error(`${NAME}: not done in time`);
  process.exit(1);
}, 1000 * Number(values.seconds)).unref();
try {
  await exchange(values);
  process.exit(0);
} catch (error) {
  console.error(`${NAME}: ${error.message}`);
  process.exit(1);
}
