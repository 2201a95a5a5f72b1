// A holder invites somebody from the desk, who opens the link on a phone; the secret of the link comes to no server.
import { partsOf } from "../../static/script/sealing/link.mjs";
import { fragmentOf } from "../../static/script/sealing/new_link.mjs";
import { lookAt } from "./looks.mjs";
import { PHONE, answered, assert, makeChannel, makeKey, newPerson, noFaults, setUp, signIn, tell, waitFor } from "./support.mjs";

const USER = { user: "mara", password: "a quiet green garden" };

/** Everything that leaves a person's browser. */
function recorded(person) {
  const sent = [];
  person.context.on("request", (request) => sent.push(`${request.url()}\n${request.postDataBuffer()?.toString("latin1") ?? ""}`));
  return sent;
}

const linkOn = async (page) => (await page.textContent("#link")).trim();

async function invite(page, { name, greeting = "", may = "both" }) {
  await page.click(".rail >> text=Invite somebody");
  await page.waitForSelector("h1:text-is('Invite somebody')");
  await page.fill("#label", name);
  await page.check(`input[name=may][value=${may}]`);
  await page.fill("#greeting", greeting);
  await page.click("text=Make the link");
  await page.waitForSelector("h1:has-text('Link for')");
}

await tell("an invitation", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  const sent = recorded(mara);
  await setUp(page, server, USER);

  step("without a key the pages say beforehand what the link lacks");
  await page.goto(`${server.address}/inbox`);
  await page.click(".empty a:has-text('Invite somebody')");
  await page.waitForSelector("text=You have no key yet");
  await lookAt(page, "invite-no-key");
  await invite(page, { name: "Otto" });
  await page.waitForSelector("[data-say=link][data-is=none]:visible");
  const lacking = await linkOn(page);
  assert.deepEqual([partsOf(new URL(lacking).hash).fingerprint, partsOf(new URL(lacking).hash).secret], [null, null]);
  await lookAt(page, "link-no-key");
  const ottos = page.url();

  step("with a key it gets both, here and when the page is opened again");
  await makeKey(page, server);
  await page.goto(ottos);
  await page.waitForSelector("[data-say=link][data-is=sealed]:visible");
  assert.equal(partsOf(new URL(await linkOn(page)).hash).token, partsOf(new URL(lacking).hash).token);

  step("invites from the rail, with a greeting");
  await page.goto(`${server.address}/inbox`);
  await page.click(".rail >> text=Invite somebody");
  await page.waitForSelector("text=only the two of you can read what is written");
  await lookAt(page, "invite");
  await invite(page, { name: "Lena Hansen", greeting: "Hello Lena, write to us here." });
  await page.waitForSelector("[data-say=link][data-is=sealed]:visible");
  const link = await linkOn(page);
  const parts = partsOf(new URL(link).hash);
  assert.deepEqual([parts.token.length > 40, parts.fingerprint.length, parts.secret.length], [true, 16, 16]);
  await lookAt(page, "link");
  const [, , secret] = new URL(link).hash.split(".");
  for (const form of [secret, Buffer.from(parts.secret).toString("base64"), Buffer.from(parts.secret).toString("hex")]) {
    assert.ok(!sent.some((one) => one.includes(form)), "the secret of the link left the browser");
  }
  await page.reload();
  await page.waitForSelector("[data-say=link][data-is=sealed]:visible");
  assert.equal(await linkOn(page), link, "the same link when it is opened again");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible("text=Revoke the link"), false);
  assert.equal(await page.isVisible("#code svg"), true);
  await page.emulateMedia({ media: null });
  const lenas = page.url();

  step("its token is revoked from the list, whatever else stands there");
  await page.goto(`${server.address}${/\/channels\/[^/]+\/tokens/.exec(lenas)[0]}`);
  const [table, revoke] = await Promise.all([".card.plain", "table a:has-text('Revoke') >> nth=-1"]
    .map((selector) => page.locator(selector).first().boundingBox()));
  assert.ok(revoke.x + revoke.width <= table.x + table.width, JSON.stringify({ table, revoke }));
  await lookAt(page, "tokens-of-link");
  await page.goto(lenas);

  step("before the other side has written nothing is sealed, which is told");
  const inside = `${server.address}/channels/${new URL(link).pathname.split("/").at(-1)}`;
  await page.goto(inside);
  await page.waitForSelector("#not-sealed-yet:has-text('Not sealed before the other side has written')");
  await lookAt(page, "not-sealed-yet");

  step("the link is opened on a phone, and the two talk");
  const lena = await newPerson(browser, PHONE);
  await lena.page.goto(link);
  await lena.page.waitForSelector("text=Only you two can read what you write");
  assert.match(await lena.page.innerText("#greeting"), /Hello Lena/);
  await lena.page.fill("textarea", "Are the seedlings back?");
  await lena.page.click("text=Send");
  await lena.page.waitForSelector(".turn.own .say:has-text('seedlings')");
  await page.waitForSelector("#sealed-for:has-text('Sealed for Lena Hansen'):visible");
  assert.equal(await page.isVisible("#not-sealed-yet"), false);
  await page.goto(`${server.address}/inbox`);
  await page.waitForSelector(".row.unread .from:has-text('Lena Hansen')");

  step("another device without the key says what its link lacks, and takes no secret away");
  const desk = await newPerson(browser);
  await desk.page.goto(`${server.address}/login?next=${new URL(lenas).pathname}`);
  await signIn(desk.page, USER);
  await desk.page.waitForSelector("[data-say=link][data-is=elsewhere]:visible");
  await lookAt(desk.page, "link-elsewhere");
  await page.goto(lenas);
  await page.waitForSelector("[data-say=link][data-is=sealed]:visible");
  assert.equal(await linkOn(page), link);

  step("a secret that no key here opens can be made anew");
  const csrf = await page.getAttribute("#handed", "data-csrf");
  await page.evaluate(async ([address, csrf]) => {
    await fetch(address, { method: "POST", body: new URLSearchParams({ csrf, link: "1.AAAA.BBBB", again: "yes" }) });
  }, [await page.getAttribute("#handed", "data-address"), csrf]);
  await page.reload();
  await page.waitForSelector("[data-say=link][data-is=closed]:visible");
  await lookAt(page, "link-closed");
  await page.click("#again");
  await page.waitForSelector("[data-say=link][data-is=sealed]:visible");
  const renewed = partsOf(new URL(await linkOn(page)).hash);
  assert.equal(fragmentOf({ ...renewed, secret: parts.secret }), new URL(link).hash.slice(1));
  assert.notDeepEqual(renewed.secret, parts.secret);

  step("a revoked link opens nothing any more");
  await page.click("text=Revoke the link");
  await page.click("button:text-is('Revoke the token')");
  await page.waitForSelector("#flash");
  await lena.page.waitForSelector("[data-say=write][data-is=revoked]:visible");
  const later = await newPerson(browser, PHONE);
  await later.page.goto(link);
  await later.page.waitForSelector("[data-say=state][data-is=refused]:visible");

  step("the channel's own menu invites into it, and says what that means");
  await page.goto(`${server.address}/channels`);
  await page.click("a.name:has-text('Lena Hansen')");
  await page.click("summary[title='About this channel']");
  await page.click(".talkhead >> text=Invite somebody");
  await page.waitForSelector("text=they see that others write, and read only your answers to them");
  await lookAt(page, "invite-shared");

  step("the address of a drop page names the key of this device, whatever the server says");
  const open = await makeChannel(page, server, "Drop", "both");
  await page.goto(`${server.address}/channels/${open}/settings`);
  await page.check("[name=public_write]");
  await answered(page, () => page.click("main button:text-is('Save')"), "saved");
  const named = new URL(link).hash.split(".")[1];
  await page.route("**/welcome", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(`#.${named}`, "#.AAAAAAAAAAAAAAAAAAAAAA") });
  });
  await page.goto(`${server.address}/channels/${open}/welcome`);
  await page.waitForSelector("[data-say=own][data-is=ready]:visible");
  assert.ok((await page.textContent("#drop-page")).endsWith(`/c/${open}#.${named}`));
  await lookAt(page, "drop-page-address");
  await page.unroute("**/welcome");

  step("a picture for visitors is made small, and what a camera wrote beside it stays here");
  const photo = Buffer.from(await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1600 });
    const context = canvas.getContext("2d");
    for (let at = 0; at < 4000; at += 1) {
      context.fillStyle = `hsl(${(at * 37) % 360} 60% 50%)`;
      context.fillRect((at * 97) % 2400, (at * 61) % 1600, 90, 70);
    }
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
    return [...new Uint8Array(await blob.arrayBuffer())];
  }));
  const place = Buffer.from("Exif\0\0 53.55 N 9.99 E");
  const beside = Buffer.concat([Buffer.from([0xff, 0xe1, 0, place.length + 2]), place]);
  const picture = Buffer.concat([photo.subarray(0, 2), beside, photo.subarray(2)]);
  assert.ok(picture.length > 64 * 1024 && picture.includes("Exif"));
  await page.setInputFiles("#picture", { name: "garden.jpg", mimeType: "image/jpeg", buffer: picture });
  await answered(page, () => page.click("form:has(#picture) button.main"), "saved");
  await page.waitForSelector("img.portrait");
  const kept = await fetch(`${server.address}/api/v1/channel/${open}/picture`);
  const stored = Buffer.from(await kept.arrayBuffer());
  assert.equal(kept.headers.get("content-type"), "image/jpeg");
  assert.ok(stored.length > 1000 && stored.length <= 64 * 1024 && !stored.includes("Exif"), `${stored.length} bytes`);
  await page.setInputFiles("#picture", { name: "x.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page.waitForSelector("#no-picture:visible");
  assert.equal(await page.$eval("#picture", (input) => input.files.length), 0);
  for (const person of [mara, lena, desk, later]) noFaults(person);
});
