import assert from "node:assert/strict";
import test from "node:test";
import { listen } from "../../static/script/client/listening.mjs";

/** Sockets that the test opens, rings and closes. */
class Socket {
  static opened = [];
  static waiting = [];
  constructor() {
    const next = Socket.waiting.shift();
    if (next) next(this);
    else Socket.opened.push(this);
  }
  static next() {
    return Socket.opened.shift() ?? new Promise((resolve) => Socket.waiting.push(resolve));
  }
  close() {
    this.onclose?.();
  }
}
globalThis.WebSocket = Socket;

// Pauses are over at once, and no socket is silent for long.
const now = globalThis.setTimeout;
globalThis.setTimeout = (work, milliseconds) => (milliseconds < 60_000 ? now(work, 0) : null);

/** A channel with as many messages as it is given. */
function channelOf(count, answers = {}) {
  const channel = {
    count,
    asked: [],
    marked: [],
    mark: async (sequence) => {
      channel.marked.push(sequence);
      if (answers.mark?.shift()) throw new TypeError("the connection broke");
    },
    socketAddress: async () => {
      if (answers.ticket) throw answers.ticket;
      return "wss://box.example";
    },
    read: async ({ after, limit, unread }) => {
      channel.asked.push({ after, unread });
      const all = Array.from({ length: channel.count }, (_, index) => ({ sequence: index + 1 }));
      return all.slice(after, after + limit);
    },
  };
  return channel;
}

const heardUntil = (channel, last, options) => {
  const heard = [];
  const stop = new AbortController();
  const listening = listen(channel, async ({ sequence }) => {
    heard.push(sequence);
    await Promise.resolve();
    if (sequence === last) stop.abort();
  }, { ...options, signal: stop.signal });
  return listening.then(() => heard);
};

const upTo = (last) => Array.from({ length: last }, (_, index) => index + 1);

test("what is there and what comes is heard in order, each once, over a lost socket", async () => {
  const channel = channelOf(45);
  const all = heardUntil(channel, 48);
  const first = await Socket.next();
  first.onopen();
  channel.count = 46;
  first.onmessage();
  // Rung and closed while messages are handled: neither is lost.
  first.onclose();
  channel.count = 47;
  const second = await Socket.next();
  second.onopen();
  channel.count = 48;
  second.onmessage();
  assert.deepEqual(await all, upTo(48));
  assert.ok(channel.asked.every(({ unread }) => unread === true));
});

test("what was handled is marked, also where that takes a second try, and is not handled again", async () => {
  const channel = channelOf(2, { mark: [false, true] });
  const heard = [];
  const stop = new AbortController();
  const listening = listen(channel, ({ sequence }) => { heard.push(sequence); }, { signal: stop.signal });
  (await Socket.next()).onopen();
  const again = await Socket.next();
  const { mark } = channel;
  channel.mark = async (sequence) => {
    await mark(sequence);
    stop.abort();
  };
  again.onopen();
  await listening;
  assert.deepEqual([heard, channel.marked], [[1, 2], [1, 2, 2]]);
});

test("with a number, all behind it is heard", async () => {
  const channel = channelOf(5);
  const all = heardUntil(channel, 5, { after: 3 });
  (await Socket.next()).onopen();
  assert.deepEqual(await all, [4, 5]);
  assert.deepEqual(channel.asked[0], { after: 3, unread: false });
});

test("what the handler throws ends it, and so does a token that opens nothing", async () => {
  const thrown = new TypeError("a fault of the handler");
  const ended = listen(channelOf(1), () => { throw thrown; });
  (await Socket.next()).onopen();
  await assert.rejects(ended, (error) => error === thrown);
  const refused = Object.assign(new Error("no"), { status: 401 });
  await assert.rejects(listen(channelOf(1, { ticket: refused }), () => {}), (error) => error === refused);
});

test("who gets no ticket for a socket reads at once, and tries a socket again after a while", async () => {
  const answers = { ticket: Object.assign(new Error("too often"), { status: 429, wait: 60 }) };
  const channel = channelOf(2, answers);
  const { read } = channel;
  let waits = 0;
  channel.read = async (asked) => {
    if (asked.wait === undefined) return read(asked);
    waits += 1;
    if (waits === 9) answers.ticket = null;
    return [];
  };
  const all = heardUntil(channel, 3);
  const socket = await Socket.next();
  assert.deepEqual([waits, channel.marked], [9, [1, 2]]);
  socket.onopen();
  channel.count = 3;
  socket.onmessage();
  assert.deepEqual(await all, upTo(3));
});

test("sockets that do not open are given up for a while", async () => {
  const channel = channelOf(1);
  const all = heardUntil(channel, 2);
  for (const _ of upTo(3)) (await Socket.next()).close();
  const again = await Socket.next();
  assert.deepEqual(channel.marked, [1]);
  channel.count = 2;
  again.onopen();
  assert.deepEqual(await all, upTo(2));
});

test("a pause is as long as the server asks for, and no longer than five minutes", async () => {
  const pauses = [];
  const before = globalThis.setTimeout;
  globalThis.setTimeout = (work, milliseconds) => {
    pauses.push(milliseconds);
    return now(work, 0);
  };
  try {
    const channel = channelOf(1);
    channel.anonymous = true;
    const { read } = channel;
    const refusals = [7, 100_000].map((wait) => Object.assign(new Error("too often"), { status: 429, wait }));
    channel.read = async (asked) => {
      if (refusals.length > 0) throw refusals.shift();
      return read(asked);
    };
    assert.deepEqual(await heardUntil(channel, 1), [1]);
    assert.deepEqual(pauses, [7000, 300_000]);
  } finally {
    globalThis.setTimeout = before;
  }
});

test("without a token there is no socket and no mark, and all is heard from the first message on", async () => {
  const channel = channelOf(3, { ticket: new Error("nobody asks for one") });
  channel.anonymous = true;
  const { read } = channel;
  channel.read = async (asked) => {
    if (asked.wait !== undefined) channel.count = 4;
    return read(asked);
  };
  assert.deepEqual(await heardUntil(channel, 4), upTo(4));
  assert.deepEqual(channel.marked, []);
});
