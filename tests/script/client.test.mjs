import assert from "node:assert/strict";
import test from "node:test";
import { Channel, Refused, newKey, unseal } from "../../static/script/client/client.mjs";

/** A server that answers with these, and what it was asked. */
function server(...answers) {
  const asked = [];
  globalThis.fetch = async (address, { body, headers }) => {
    asked.push({ body, key: headers["idempotency-key"] });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer ?? Response.json({ sequence: 1, received: "2026-11-26T10:00:00.000Z", content_type: "text/plain" });
  };
  return asked;
}

test("a sealed message that is sent again under its key is the same box", async () => {
  const key = await newKey();
  const asked = server(new TypeError("the connection broke"));
  const channel = new Channel("https://box.example/api/v1/channel/a", "token");
  const send = (body, idempotencyKey) => channel.send(body, { sealTo: key.publicKey, idempotencyKey });
  await assert.rejects(send("Good morning", "one"), TypeError);
  await send("Good morning", "one");
  await send("Good morning", "two");
  await send("Good evening", "one");
  await send("Good morning");
  await send("Good morning");
  const boxes = asked.map(({ body }) => Buffer.from(body).toString("hex"));
  assert.equal(boxes[0], boxes[1]);
  assert.equal(new Set(boxes).size, 5);
  assert.deepEqual(asked.map((one) => one.key), ["one", "one", "two", "one", undefined, undefined]);
  const opened = await unseal(asked[3].body, key);
  assert.equal(new TextDecoder().decode(opened), "Good evening");
});

test("a refusal says how long to wait", async () => {
  server(Response.json({ title: "Too often", status: 429 }, { status: 429, headers: { "retry-after": "7" } }), new Response("", { status: 403 }));
  const channel = new Channel("https://box.example/api/v1/channel/a");
  await assert.rejects(channel.head(), (error) => error instanceof Refused && error.status === 429 && error.wait === 7);
  await assert.rejects(channel.head(), (error) => error.status === 403 && error.wait === 0);
});
