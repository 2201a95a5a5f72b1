// Makes the pictures of the README from real data; with $EVERY also every page at two widths, light and dark, to look at.
import { join, resolve } from "node:path";
import { answered, makeChannel, makeToken, newPerson, noFaults, sent, setUp, tell, write } from "./support.mjs";

const CHANNELS = [
  ["Orders from the web shop", "Web shop"],
  ["Payment callbacks", "Miner"],
  ["Lena (wallet)", "Lena"],
  ["Supplier notices", "Supplier"],
  ["Workshop bookings", "Booking page"],
];
const json = (value) => [JSON.stringify(value), "application/json"];
const sealed = (length) => [Uint8Array.from({ length }, (_, i) => (i * 97 + i * i * 31 + 131) % 256), "application/octet-stream"];
const MESSAGES = [
  [4, ["Saturday, 10:00: grafting for beginners, two places."]],
  [3, json({ notice: "price list", valid_from: "2026-12-01", items: 214 })],
  [0, json({ order: 10488, status: "new", total: "23.50", currency: "EUR" })],
  [1, json({ callbackReason: "merkleProof", callbackTxId: "8f3c6b7d3a20c1", blockHeight: 821044 })],
  [2, ["Hello, is this still the right box for orders?"]],
  [0, json({ order: 10489, status: "paid", total: "48.90", currency: "EUR" })],
  [2, sealed(312)],
  [3, ["Delivery moves to Thursday, the van is in repair."]],
  [1, json({ callbackReason: "doubleSpendAttempt", callbackTxId: "b1946ac92492d2", blockHeight: 821046 })],
  [0, json({ order: 10490, status: "new", total: "112.00", currency: "EUR" })],
  [4, ["Somebody asks for a place on the waiting list: 0171 555 0101"]],
  [2, ["The seedlings you asked about are back in stock, shall I reserve a tray until Friday?\n\nThe tomatoes are strong this year; the peppers need another week under glass before I would send them on a journey.\n\nWarm regards\nLena"]],
  [1, sealed(1204)],
  [0, json({ order: 10492, status: "paid", total: "48.90", lines: [{ sku: "TOM-4", count: 2 }, { sku: "PEP-1", count: 1 }] })],
];

await tell("the pictures", async ({ server, browser }) => {
  const shots = process.env.SHOTS || ".";
  const mara = await newPerson(browser, { viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  const { page } = mara;
  await setUp(page, server);
  const channels = [];
  for (const [name, label] of CHANNELS) {
    const id = await makeChannel(page, server, name);
    channels.push([id, await makeToken(page, server, id, label)]);
  }
  for (const [at, [body, type]] of MESSAGES) await write(server, ...channels[at], body, type);
  await page.goto(`${server.address}/channels/${channels[2][0]}`);
  await answered(page, () => page.click("text=Mark all read"));
  await page.fill("#text", "Yes, please: one tray of tomatoes until Friday. I come in the morning.");
  await page.click("button.main:has-text('Send')");
  await sent(page, "Yes, please");
  await page.goto(`${server.address}/profile`);
  await page.fill("#name", "Mara Green");
  await page.fill("#contact", "mara@example.org");
  await answered(page, () => page.click("form.card >> text=Save"), "saved");

  const picture = async (person, path, file, settle = true) => {
    await person.goto(server.address + path);
    if (settle) await person.waitForSelector('#live[data-state="on"]', { state: "attached" }).catch(() => {});
    await person.screenshot({ path: resolve(shots, file) });
  };
  await picture(page, "/inbox?view=all", "inbox.png");
  await picture(page, `/channels/${channels[2][0]}`, "conversation.png");
  await picture(page, "/profile", "profile.png");
  noFaults(mara);
  if (!process.env.EVERY) return;

  const [talk] = channels[2];
  const pages = { inbox: "/inbox", all: "/inbox?view=all", sent: "/inbox?view=sent", found: "/inbox?q=order+is:json", none: "/inbox?q=zebra", search: "/search",
    text: `/m/${talk}/3?view=all`, json: `/m/${channels[0][0]}/4`, sealed: `/m/${talk}/2?view=all`, channels: "/channels", new: "/channels/new?first=1",
    channel: `/channels/${talk}`, tokens: `/channels/${talk}/tokens`, share: `/channels/${talk}/share`, sheet: `/channels/${talk}/share?token=6`,
    settings: `/channels/${talk}/settings`, delete: `/channels/${talk}/delete`, profile: "/profile", security: "/profile/security", sessions: "/profile/sessions",
    appearance: "/profile/appearance", gone: "/profile/delete", admin: "/admin", api: "/help/api", keys: "/help/shortcuts", stepup: "/step-up?next=/profile", nowhere: "/nowhere" };
  const state = await mara.context.storageState();
  for (const colorScheme of ["light", "dark"]) for (const width of [390, 1280]) {
    const looks = { viewport: { width, height: 860 }, colorScheme };
    const person = await newPerson(browser, { ...looks, storageState: state });
    for (const [name, path] of Object.entries(pages)) await picture(person.page, path, join(process.env.EVERY, `${name}-${width}-${colorScheme}.png`), false);
    const stranger = await newPerson(browser, looks);
    for (const name of ["login", "register"]) await picture(stranger.page, `/${name}`, join(process.env.EVERY, `${name}-${width}-${colorScheme}.png`), false);
  }
});
