// A counterparty in a channel that others share, on two devices, and what the channel may say: hidden, locked, not yet.
import { FROM_OWNER, nameOfKey, pack, SEALED } from "../../static/script/sealing/envelope.mjs";
import { fingerprintOf } from "../../static/script/sealing/fingerprint.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { fragmentOf, newLinkSecret } from "../../static/script/sealing/new_link.mjs";
import { seal } from "../../static/script/sealing/sealed_box.mjs";
import { lookAt } from "./looks.mjs";
import { PHONE, answered, assert, makeChannel, newPerson, noFaults, owner, setUp, tell, write } from "./support.mjs";

const bytes = (text) => new TextEncoder().encode(text);

await tell("a shared channel", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  await setUp(mara.page, server);
  const shop = await pairOf(newSecret());
  await mara.page.goto(`${server.address}/profile/keys`);
  await mara.page.fill("#key", nameOfKey(shop.publicKey));
  await answered(mara.page, () => mara.page.click("main button:text-is(\"Publish\")"), "The key is published");

  step("a link into a shared channel: who else wrote, what is hidden, and a real gap");
  const shared = await makeChannel(mara.page, server, "Everybody");
  const [holder] = (await owner(server, `/channel/${shared}`)).access_tokens;
  const [ottos, evas] = await Promise.all(["Otto", "Eva"].map(async (description) =>
    owner(server, `/channel/${shared}/api-token`, { description, can_read: true, can_write: true })));
  const letterTo = async (n, words, to, using) => {
    const about = { body: bytes(words), type: "text/plain", n, at: new Date().toISOString(), replyTo: shop.publicKey };
    const content = await pack(about, { ...using, direction: FROM_OWNER });
    await write(server, shared, holder.token, await seal(content, to), SEALED);
  };
  const common = { secret: newLinkSecret(), channel: shared };
  for (const n of [1, 2]) await letterTo(n, "before", shop.publicKey, common);
  const late = await owner(server, `/channel/${shared}/api-token`, { description: "late", can_read: true, can_write: true });
  const nina = await newPerson(browser, PHONE);
  const fragment = fragmentOf({ token: late.token, fingerprint: await fingerprintOf(shop.publicKey), secret: common.secret });
  const ninas = `${server.address}/c/${shared}#${fragment}`;
  await nina.page.goto(ninas);
  await nina.page.waitForSelector("text=Only you two can read what you write");
  await nina.page.fill("textarea", "zebra from Nina");
  await nina.page.click("#composer button");
  await nina.page.waitForSelector("#talk .turn.own .say:has-text('zebra from Nina')");
  const ninasKey = await nina.page.evaluate(async (id) => {
    const opening = indexedDB.open("peerbox guest");
    await new Promise((resolve) => { opening.onsuccess = resolve; });
    const asked = opening.result.transaction("keys").objectStore("keys").get(id);
    await new Promise((resolve) => { asked.onsuccess = resolve; });
    opening.result.close();
    return [...asked.result.pair.publicKey];
  }, shared).then((one) => Uint8Array.from(one));
  await letterTo(3, "third, your first", ninasKey, common);
  await nina.page.waitForSelector(".say:has-text('third, your first')");
  await nina.page.waitForSelector("text=What was written before your link was made is not shown to you");
  assert.equal(await nina.page.locator(".say .wrong").count(), 0, "what is hidden is not missing");
  await write(server, shared, ottos.token, await seal(bytes("not for you"), shop.publicKey), SEALED);
  await nina.page.waitForSelector(".turn:has(.by b:text-is('Somebody else')):has-text('Somebody else wrote this, sealed for the holder only')");
  await write(server, shared, evas.token, "in the clear");
  await nina.page.waitForSelector(".turn:has(.by b:text-is('Somebody else')) .say:has-text('in the clear'):has-text('Not sealed')");
  await letterTo(5, "fifth, one is gone", ninasKey, common);
  await nina.page.waitForSelector(".say:has-text('fifth, one is gone'):has-text('One message of this sender before this one is not here')");
  await nina.page.reload();
  await nina.page.waitForSelector(".say:has-text('fifth, one is gone'):has-text('One message of this sender')");
  assert.equal(await nina.page.locator(".say:has-text('third, your first') .wrong").count(), 0);
  await lookAt(nina.page, "guest-shared");

  step("a second device opens the same link: it writes, and says what only the first can show");
  const tablet = await newPerson(browser, PHONE);
  await tablet.page.goto(ninas);
  await tablet.page.waitForSelector(".turn.own .say:has-text('You wrote this on another device, and only that one can show it')");
  await tablet.page.waitForSelector(".say:has-text('Sealed for another device that opened this link')");
  await tablet.page.fill("textarea", "zebra from the tablet");
  await tablet.page.click("#composer button");
  await tablet.page.waitForSelector("#talk .turn.own .say:has-text('zebra from the tablet')");
  // Nobody is notified of what the same token wrote: the other device sees it when somebody comes back to it.
  await nina.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await nina.page.waitForSelector(".turn.own .say:has-text('You wrote this on another device')");
  assert.equal(await tablet.page.locator(".say .wrong").count(), 0, "what it cannot open is not missing");
  await lookAt(tablet.page, "guest-second");

  step("a device forgets the conversation, and the address has no link any more");
  await tablet.page.click("#more > summary");
  await tablet.page.click("text=Forget this conversation");
  await lookAt(tablet.page, "guest-forget");
  await tablet.page.click("text=Forget it on this device");
  await tablet.page.waitForSelector("[data-say=state][data-is=incomplete]:visible");
  assert.equal(new URL(tablet.page.url()).hash, "");
  const left = await tablet.page.evaluate(async () => {
    const opening = indexedDB.open("peerbox guest");
    await new Promise((resolve) => { opening.onsuccess = resolve; });
    const counts = await Promise.all(["keys", "written"].map((name) => new Promise((resolve) => {
      const asked = opening.result.transaction(name).objectStore(name).count();
      asked.onsuccess = () => resolve(asked.result);
    })));
    opening.result.close();
    return counts;
  });
  assert.deepEqual(left, [0, 0]);
  noFaults(tablet);

  step("a channel that is locked while its page is open says so, and keeps what was typed");
  await owner(server, `/channel/${shared}`, { locked: true });
  await nina.page.fill("textarea", "too late");
  await nina.page.click("#composer button");
  await nina.page.waitForSelector("#outbox .turn:has-text('too late'):has-text('Not sent: this channel is locked.')");
  await nina.page.waitForSelector("[data-say=write][data-is=locked]:visible");
  await owner(server, `/channel/${shared}`, { locked: false });
  await nina.page.click("text=Try again");
  await nina.page.waitForSelector("#talk .turn.own .say:has-text('too late')");
  await owner(server, `/channel/${shared}`, { locked: true });
  await nina.page.reload();
  await nina.page.waitForSelector("text=This channel is locked: its holder takes no more messages for now.");
  assert.equal(await nina.page.isVisible("#composer"), false);
  await lookAt(nina.page, "guest-locked");
  noFaults(nina);

  step("in a sequenced channel what came meanwhile has to be read first, and how much that is is said");
  const order = await owner(server, "/channel", { public_read: false, public_write: false, sequenced: true, retention: { min_age_days: 0, max_age_days: 0, auto_prune: false } });
  const orders = await owner(server, `/channel/${order.id}/api-token`, { description: "A program", can_write: true });
  const ivan = await owner(server, `/channel/${order.id}/api-token`, { description: "Ivan", can_read: true, can_write: true });
  await write(server, order.id, orders.token, "already here");
  const ivans = await newPerson(browser, PHONE);
  await ivans.page.goto(`${server.address}/c/${order.id}#${ivan.token}`);
  await ivans.page.waitForSelector(".turn .say:has-text('already here')");
  await ivans.page.waitForLoadState("networkidle");
  // What comes is read and marked at once, and then the order would be taken: so nothing is read until it is refused.
  const refused = ivans.page.waitForResponse((answer) => answer.request().method() === "POST" && !answer.ok());
  await ivans.page.route((url) => url.pathname.endsWith(`/channel/${order.id}`), async (route) => {
    if (route.request().method() === "POST") for (const one of "abc") await write(server, order.id, orders.token, one);
    else await refused;
    await route.continue();
  });
  await ivans.page.fill("textarea", "an order");
  await ivans.page.click("#composer button");
  await ivans.page.waitForSelector("#outbox .turn:has-text('Not sent: read the three new ones first, then try again.')");
  await ivans.page.unrouteAll({ behavior: "wait" });
  await lookAt(ivans.page, "guest-unread");
  await ivans.page.click("text=Try again");
  await ivans.page.waitForSelector("#talk .turn.own .say:has-text('an order')");
  noFaults(ivans);

  step("a mebibyte of marks on one letter stops nothing");
  await write(server, order.id, orders.token, `a${"\u0301".repeat(500_000)}`);
  await ivans.page.waitForSelector(".turn:not(.own) .filerow", { timeout: 10_000 });
  await ivans.page.fill("textarea", "still here");
  await ivans.page.click("#composer button");
  await ivans.page.waitForSelector("#talk .turn.own .say:has-text('still here')");
  noFaults(mara);
});
