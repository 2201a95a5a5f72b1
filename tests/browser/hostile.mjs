// Script probes in every field, content type and payload stay silent, and nothing breaks the policy.
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, write } from "./support.mjs";

const PROBES = [
  "<script>alert(1)</script>",
  "\"><img src=x onerror=alert(1)>",
  "'-alert(1)-'",
  "<svg onload=alert(1)>",
  "{{7*7}}${7*7}",
  "\u202eevil\u202c",
];
const SVG = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";

await tell("the hostile story", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  await setUp(page, server, { account: PROBES[0], user: PROBES[1] });

  step("writes probes into every field");
  const channel = await makeChannel(page, server, PROBES[1]);
  const secret = await makeToken(page, server, channel, PROBES[0]);
  await page.goto(`${server.address}/profile`);
  await page.fill("#name", PROBES[3]);
  await page.fill("#contact", PROBES[1]);
  await answered(page, () => page.click("form.card >> text=Save"), "saved");

  step("receives probes as payloads of every kind");
  const kinds = ["text/plain", "text/html", "application/xhtml+xml", "image/svg+xml", "image/png", "application/json", "text/css",
    "text/javascript", "application/octet-stream", "application/pdf", "multipart/mixed", "<script>alert(1)</script>", "x", "text/html;\"><script>alert(1)</script>"];
  for (const kind of kinds) for (const probe of [...PROBES, SVG]) await write(server, channel, secret, probe, kind);
  await write(server, channel, secret, JSON.stringify({ [PROBES[0]]: PROBES[1], nested: [PROBES[3]] }), "application/json");
  await write(server, channel, secret, Uint8Array.from({ length: 300 }, (_, i) => (i * 97 + 131) % 256), "application/octet-stream");
  const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/p9pQ3wAAAABJRU5ErkJggg==", "base64");
  await write(server, channel, secret, pixel, "image/png");
  await write(server, channel, secret, Buffer.concat([pixel.subarray(0, 8), Buffer.from(SVG)]), "image/png");
  const count = kinds.length * (PROBES.length + 1) + 4;

  step("looks at every page");
  for (const path of ["/inbox", "/inbox?view=all", `/inbox?q=${encodeURIComponent(PROBES[0])}`, `/inbox?type=${encodeURIComponent(PROBES[1])}`,
    `/inbox?channel=${encodeURIComponent(PROBES[1])}`, "/channels", `/channels/${channel}`, `/channels/${channel}/tokens`,
    `/channels/${channel}/share`, `/channels/${channel}/settings`, `/channels/${channel}/delete`, "/profile", "/profile/delete",
    "/profile/security", "/admin", "/help", "/help/api", `/login?next=${encodeURIComponent("//evil.example")}`, `/${encodeURIComponent(PROBES[0])}`]) {
    await page.goto(server.address + path);
  }
  for (let sequence = 1; sequence <= count; sequence += 1) {
    await page.goto(`${server.address}/m/${channel}/${sequence}`);
    assert.equal(await page.locator("main script, main iframe, main object, .body svg:not(.i), .body [onerror], .body [onload]").count(), 0);
  }

  step("shows what it can and offers the rest");
  await page.goto(`${server.address}/m/${channel}/${count - 2}`);
  assert.match(await page.textContent(".opaque"), /Sealed message/, "unknown bytes look intended");
  await page.goto(`${server.address}/m/${channel}/${count - 1}`);
  assert.ok(await page.evaluate(() => document.querySelector(".picture").naturalWidth === 1), "a real picture is shown");

  step("serves raw bytes that run nothing");
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const raw = await page.request.get(`${server.address}/m/${channel}/${sequence}/raw?view=1`);
    const headers = raw.headers();
    assert.match(headers["content-security-policy"], /default-src 'none'; sandbox/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.ok(!/html|svg|xml|javascript|css/.test(headers["content-type"]), headers["content-type"]);
    if (!headers["content-type"].startsWith("image/")) assert.match(headers["content-disposition"], /^attachment/);
  }

  step("sends nobody to another site after signing in");
  await page.goto(`${server.address}/inbox`);
  assert.equal(new URL(page.url()).origin, server.address);

  step("refuses forms of other origins and without the token");
  const cookies = (await mara.context.cookies()).map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
  const csrf = await page.getAttribute("input[name=csrf] >> nth=0", "value");
  const post = (headers, body) => fetch(`${server.address}/profile`, {
    method: "POST", redirect: "manual", body: new URLSearchParams(body), headers: { cookie: cookies, ...headers } });
  assert.equal((await post({ origin: "https://evil.example" }, { csrf, name: "x" })).status, 403);
  assert.equal((await post({ "sec-fetch-site": "cross-site", origin: server.address }, { csrf, name: "x" })).status, 403);
  assert.equal((await post({ origin: server.address }, { name: "x" })).status, 403);
  assert.equal((await post({ origin: server.address }, { csrf: "x".repeat(43), name: "x" })).status, 403);
  assert.equal((await post({}, { csrf, name: "x" })).status, 403);
  assert.equal((await post({ origin: server.address }, { csrf, name: "x" })).status, 303);
  assert.equal((await fetch(`${server.address}/api/v1/account/1/channel/list`, { headers: { cookie: cookies } })).status, 401, "the API takes no cookies");

  step("says the same of unknown names and wrong passwords, and slows guessing down");
  const stranger = await newPerson(browser);
  const attempt = async (user) => {
    await stranger.page.goto(`${server.address}/login`);
    await stranger.page.fill("#user", user);
    await stranger.page.fill("#password", "a wrong password");
    await answered(stranger.page, () => stranger.page.click("button.main"));
    return stranger.page.textContent("#problems");
  };
  const wrong = await attempt(PROBES[1]);
  assert.equal(await attempt("nobody at all"), wrong);
  let last = "";
  for (let i = 0; i < 6; i += 1) last = await attempt("nobody at all");
  assert.match(last, /Too many attempts/);
  noFaults(mara);
  noFaults(stranger);
});
