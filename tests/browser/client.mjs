// A developer imports `/client.js` into a page of another site, and talks to programs that know nothing of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { assert, makeChannel, makeToken, newPerson, owner, setUp, start, tell, waitFor, write } from "./support.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const sodium = createRequire(join(process.env.NODE_PACKAGES, "/"))("libsodium-wrappers");
const NAMED = "libsodium sealed_box ";

/** A site of somebody else: `pages` by their paths. */
async function site(pages) {
  const listener = createServer((request, answer) => {
    answer.setHeader("content-type", "text/html; charset=utf-8");
    answer.end(pages[request.url] ?? "");
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  listener.unref();
  return { address: `http://127.0.0.1:${listener.address().port}` };
}

/** Has the compiler look at a program that uses all of the types, and at the one of the page; answers what it says. */
function compiled(types, told) {
  const folder = mkdtempSync(join(tmpdir(), "peerbox-types-"));
  try {
    writeFileSync(join(folder, "client.d.ts"), types);
    copyFileSync(here("client.ts"), join(folder, "consumer.ts"));
    writeFileSync(join(folder, "told.ts"), told);
    const strict = ["--strict", "--noEmit", "--exactOptionalPropertyTypes", "false", "--target", "es2024", "--module", "esnext",
      "--moduleResolution", "bundler", "--lib", "es2024,dom"];
    execFileSync(join(process.env.NODE_PACKAGES, "node_modules/.bin/tsc"), [...strict, "consumer.ts", "told.ts"], { cwd: folder, encoding: "utf8" });
    return "";
  } catch (error) {
    return error.stdout || String(error);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await tell("a developer of another site", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  await setUp(mara.page, server);
  const channel = await makeChannel(mara.page, server, "A program");
  const token = await makeToken(mara.page, server, channel, "The page");
  const programs = await makeToken(mara.page, server, channel, "The program");
  const address = `${server.address}/api/v1/channel/${channel}`;

  step("reads what there is, without an account");
  const dev = await newPerson(browser);
  await dev.page.goto(`${server.address}/help/client`);
  assert.match(await dev.page.innerText("#first"), new RegExp(`from "${server.address}/client.js"`));
  const around = 'import type { Channel, Message } from "./client.js";\ndeclare const channel: Channel, message: Message;\n';
  const told = around + (await dev.page.innerText("#seal")).replace(`${server.address}/client.js`, "./client.js");
  const example = await (await fetch(`${server.address}/help/client/example.html`)).text();
  const types = await (await fetch(`${server.address}/client.d.ts`)).text();
  const module = await (await fetch(`${server.address}/client.js`)).text();
  assert.ok(gzipSync(module).length < 12_000, `${gzipSync(module).length} bytes`);

  step("the types are what the module has, and a program that uses them compiles");
  const declared = [...types.matchAll(/^export (?:const|class|function) (\w+)/gm)].map(([, name]) => name).sort();
  const exported = await import(`data:text/javascript,${encodeURIComponent(module)}`);
  assert.deepEqual(Object.keys(exported), declared);
  assert.match(exported.version, /^\d+\.\d+\.\d+$/);
  const methods = (of) => Object.getOwnPropertyNames(of.prototype).filter((name) => name !== "constructor");
  const promised = [...types.matchAll(/^ {2}(\w+)\([^)]/gm), ...types.matchAll(/^ {2}(\w+)\(\)/gm)].map(([, name]) => name);
  const has = [...methods(exported.Channel), ...methods(Object.getPrototypeOf(exported.Channel))];
  assert.deepEqual(has.filter((name) => !["socketAddress", "write"].includes(name)).sort(), promised.filter((name) => name !== "constructor").sort());
  assert.equal(compiled(types, told), "");

  const other = await site({ "/": "<!doctype html><title>Another site</title>", "/example": example });
  const { page } = dev;
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(other.address);
  const use = (what) => page.evaluate(`(async () => {
    const { Channel, Refused, fingerprint, newKey, seal, unseal } = await import("${server.address}/client.js");
    const channel = new Channel("${address}", "${token}");
    ${what}
  })()`);

  step("writes, reads, marks and deletes from the other site");
  await write(server, channel, programs, "Good morning");
  assert.deepEqual(await use(`
    const sent = await channel.send("Hello", { idempotencyKey: "one" });
    const again = await channel.send("Hello", { idempotencyKey: "one" });
    const blob = await channel.send(new Blob(["<b>"], { type: "text/html" }));
    const unread = await channel.read({ unread: true });
    await channel.mark(unread.at(-1).sequence, { older: true });
    const none = await channel.read({ unread: true });
    const all = await channel.read({ authors: true });
    await channel.delete(blob.sequence);
    const left = await channel.read({ after: 1, limit: 5 });
    return [sent.sequence, again.sequence, sent.type, blob.type, unread.map((one) => new TextDecoder().decode(one.body)), none.length,
      all.map((one) => one.author), left.map((one) => one.sequence), await channel.head(), all[0].received instanceof Date];`),
  [2, 2, "text/plain; charset=utf-8", "text/html", ["Good morning"], 0, ["other", "own", "own"], [2], 1, true]);
  assert.deepEqual(requests.filter((one) => one.endsWith(".mjs")), [], "one file is all that is loaded");

  step("a refusal has its status and its words");
  assert.deepEqual(await use(`
    const refusals = [() => new Channel("${address}", "wrong").head(), () => channel.delete(4711), () => channel.send("")];
    return Promise.all(refusals.map((one) => one().then(() => "done", (error) => [error instanceof Refused, error.status])));`),
  [[true, 401], [true, 404], [true, 400]]);

  step("seals as libsodium does, both ways");
  await sodium.ready;
  const node = sodium.crypto_box_keypair();
  const named = NAMED + Buffer.from(node.publicKey).toString("base64");
  const [own, box, digits] = await use(`
    const own = await newKey();
    return [own, [...await seal("sealed in a page", "${named}")], await fingerprint(own.publicKey)];`);
  assert.equal(sodium.crypto_box_seal_open(Uint8Array.from(box), node.publicKey, node.privateKey, "text"), "sealed in a page");
  assert.match(digits, /^(\d{5} ){7}\d{5}$/);
  const back = sodium.crypto_box_seal("sealed in Node", Buffer.from(own.publicKey.slice(NAMED.length), "base64"));
  assert.deepEqual(await use(`
    const box = Uint8Array.from(${JSON.stringify([...back])});
    const open = async (key) => { const body = await unseal(box, key); return body && new TextDecoder().decode(body); };
    const refused = (work) => work.then(() => "done", (error) => error.name);
    return [await open(${JSON.stringify(own)}), await open(await newKey()), await refused(seal("x", "libsodium sealed_box AAAA"))];`),
  ["sealed in Node", null, "RangeError"]);

  step("holds a sealed conversation with a program in Python, over a restart of the server");
  const python = start(`${process.env.NODE_PACKAGES}/venv/bin/python`, [here("programs/boxes.py"), address, programs], { stdio: ["pipe", "pipe", "inherit"] });
  const [key] = await once(createInterface({ input: python.stdout }), "line");
  await use(`
    window.heard = [];
    window.own = await newKey();
    window.say = (text) => channel.send(JSON.stringify({ text, key: own.publicKey }), { sealTo: "${key}" });
    window.stop = new AbortController();
    window.listening = channel.listen(async (message) => {
      const body = await unseal(message.body, own);
      heard.push(body ? new TextDecoder().decode(body) : "closed");
    }, { signal: stop.signal });
    await say("is this sealed?");`);
  await page.waitForFunction(() => window.heard.includes("IS THIS SEALED?"));
  await server.kill();
  await server.again();
  await waitFor("the server to take a message", () => page.evaluate(() => window.say("and after a restart?").then(() => true, () => false)));
  await page.waitForFunction(() => window.heard.includes("AND AFTER A RESTART?"));
  assert.deepEqual(await page.evaluate(async () => { stop.abort(); await listening; return heard.filter((one) => one === "IS THIS SEALED?").length; }), 1);
  python.stdin.end();

  step("hears what its handler throws, and of a token that has ended");
  await write(server, channel, programs, "for the handler");
  assert.deepEqual(await use(`
    const why = (work) => work.catch((error) => error.message);
    return [await why(channel.listen(() => { throw new Error("handled badly"); })),
      (await new Channel("${address}", "wrong").listen(() => {}).catch((error) => error.status))];`),
  ["handled badly", 401]);

  step("a sealed message that is sent again is written once");
  const [first, again, another] = await use(`
    const own = await newKey();
    const say = (text) => channel.send(text, { sealTo: own.publicKey, idempotencyKey: "box" }).then(({ sequence }) => sequence, ({ status }) => status);
    return [await say("sealed"), await say("sealed"), await say("another text")];`);
  assert.deepEqual([again, another], [first, 422]);

  step("hears of a channel that everybody may read without a token");
  await owner(server, `/channel/${channel}`, { public_read: true, public_write: false, locked: false });
  await use(`
    const open = new Channel("${address}");
    window.overheard = [];
    window.stop = new AbortController();
    open.listen(({ body }) => { overheard.push(new TextDecoder().decode(body)); }, { after: ${first}, signal: stop.signal });`);
  await write(server, channel, programs, "for everybody");
  await page.waitForFunction(() => window.overheard.includes("for everybody"));
  await write(server, channel, programs, "for everybody, later");
  await page.waitForFunction(() => window.overheard.includes("for everybody, later"));
  await page.evaluate(() => window.stop.abort());

  step("the example page works from another site as it is");
  await page.goto(`${other.address}/example`);
  await page.fill("#address", address);
  await page.fill("#token", token);
  await page.click("text=Open");
  await page.fill("#text", "from the example");
  await page.click("text=Send");
  await page.waitForSelector("#state:has-text('Sent as message')");
  await write(server, channel, programs, "for the example");
  await page.waitForSelector("#messages li:has-text('open: for the example')");

  // What the restart broke, browsers report themselves.
  assert.deepEqual(dev.faults.filter((one) => !one.startsWith("console:")), []);
});
