// Every page that there is, for stories that go over all of them.
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { answered, makeChannel, makeToken, sent, setUp, write } from "./support.mjs";

const AREAS = new URL("../../src/web/", import.meta.url);

/** What is asked for with GET and is no page. */
const OTHERS = ["/", "/events", "/m/{channel}/{sequence}/raw", "/m/{channel}/{sequence}/box", "/admin/backups/{name}",
  "/channels/{channel}/picture", "/channels/{channel}/transactions.csv", "/profile/export/file", "/help/client/example.html"];

export const FOR_STRANGERS = ["/login", "/about", "/help/client", "/register", "/reset?code=x", "/forgotten", "/unsubscribe/1.none"];

/** The pages in the tables of all areas that none of these addresses is one of. */
export function routesWithout(paths) {
  const tables = readdirSync(AREAS).map((area) => new URL(`${area}/mod.rs`, AREAS)).filter((table) => existsSync(table));
  const routes = tables.flatMap((table) => [...readFileSync(table, "utf8").matchAll(/get\(\s*"(\/[^"]*)"/g)].map((found) => found[1]));
  const plain = paths.map((path) => path.split(/[?#]/)[0]);
  const isVisited = (route) => {
    const pattern = new RegExp(`^${route.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    return plain.some((path) => pattern.test(path));
  };
  return routes.filter((route) => !OTHERS.includes(route) && !isVisited(route));
}

/** Every page that somebody can come to, with a channel that has messages of several kinds. */
export async function pagesOf(person, server) {
  const { page } = person;
  await setUp(page, server);
  const empty = await makeChannel(page, server, "Nothing in it yet");
  const channel = await makeChannel(page, server, "Orders from the shop");
  const secret = await makeToken(page, server, channel, "Web shop");
  await write(server, channel, secret, "Two trays of seedlings, please.\nUntil Friday.");
  await write(server, channel, secret, JSON.stringify({ order: 10492, lines: [{ sku: "A", count: 2 }], paid: true, note: null }), "application/json");
  await write(server, channel, secret, Uint8Array.from({ length: 300 }, (_, i) => (i * 97 + 131) % 256), "application/octet-stream");
  await write(server, channel, secret, "%PDF-1.7", "application/pdf");
  const report = (txStatus) => ({ txid: "ab".repeat(32), txStatus, extraInfo: "too low a fee", competingTxs: ["cd".repeat(32)] });
  for (const status of ["SEEN_ON_NETWORK", "REJECTED"]) await write(server, channel, secret, JSON.stringify(report(status)), "application/json");
  await page.goto(`${server.address}/channels/${channel}`);
  await page.fill("#text", "They are ready.");
  await page.click("button.main:has-text('Send')");
  await sent(page, "They are ready.");
  await page.goto(`${server.address}/channels/${channel}/tokens`);
  const reveal = await page.getAttribute("a:has-text('Reveal') >> nth=-1", "href");
  const token = /tokens\/(\d+)\//.exec(reveal)[1];
  await page.goto(`${server.address}/profile/keys`);
  await page.fill("#key", `libsodium sealed_box ${"BwcH".repeat(10)}Bwc=`);
  await answered(page, () => page.click("main button:text-is('Publish')"), "The key is published");
  const retire = await page.getAttribute("[data-key] a:has-text('Retire')", "href");
  await page.goto(`${server.address}/admin`);
  for (const [field, value] of [["account", "Another"], ["user", "another"], ["password", "a long password"]]) await page.fill(`#${field}`, value);
  await answered(page, () => page.click("#new button.main"), "The account is made");
  const removals = await page.$$eval("main a[href$='/delete']", (links) => links.map((link) => link.getAttribute("href")));
  const disables = await page.$$eval("main a[href$='/disable']", (links) => links.map((link) => link.getAttribute("href")));
  const quotas = await page.$$eval("main a[href$='/quota']", (links) => links.map((link) => link.getAttribute("href")));
  await page.goto(`${server.address}/channels/${channel}/webhooks`);
  // A host that nobody has.
  await page.fill("#address", "https://hook.invalid/hook");
  await page.click("main form:has(#address) button.main");
  await page.goto(`${server.address}/channels/${channel}/webhooks`);
  const webhook = await page.getAttribute("main a[href*='/webhooks/']", "href");
  return [...removals, ...disables, ...quotas, `/channels/${channel}/webhooks`, webhook, `${webhook}/skip`, `${webhook}/secret`, `${webhook}/secret/renew`, `${webhook}/delete`, "/inbox", "/inbox?view=all", "/inbox?view=sent", "/inbox?view=starred", "/inbox?q=is:archived", "/inbox?view=snoozed", `/c/${channel}`, "/inbox?q=zebra", "/inbox?q=trays+is:unread+after:never", "/search", `/m/${channel}/1`,
    `/m/${channel}/2`, `/m/${channel}/3`, `/m/${channel}/4`, `/m/${channel}/5`, "/channels", "/channels/new?first=1", `/channels/${empty}`, `/channels/${channel}`,
    `/channels/${channel}/transactions`, `/channels/${channel}/reach`, `/channels/${channel}?view=messages`, `/channels/${channel}/tokens`, reveal, `/channels/${channel}/tokens/${token}/revoke`,
    `/channels/${channel}/tokens/${token}`, `/channels/${channel}/tokens/${token}/hand-over`, `/channels/${channel}/share`, `/channels/${channel}/welcome`,
    `/channels/${channel}/share?token=${token}`, `/channels/${channel}/tokens/${token}/link`, "/invite", `/channels/${channel}/settings`, `/channels/${channel}/delete`, "/profile", "/profile/security",
    "/profile/keys", "/profile/keys/new", "/profile/keys/unlock", retire, "/profile/sessions", "/profile/notifications", "/profile/notifications/email", "/profile/notifications/email/confirm?code=none", "/offline", "/share", "/profile/export", "/profile/appearance", "/profile/delete", "/admin", "/admin/backups", "/admin/diagnostics", "/admin/log", "/admin/settings", "/help", "/help/api", "/help/webhooks", "/help/shortcuts", "/step-up?next=/profile", "/nowhere"];
}
