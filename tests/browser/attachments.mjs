// Files in a conversation: chosen, pasted, dropped; shown with their size before they are sent; each a message of its own.
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, waitFor } from "./support.mjs";

const MIB = 1 << 20;

/** The smallest picture there is. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

const file = (name, size, mimeType = "application/octet-stream") => ({ name, mimeType, buffer: Buffer.alloc(size, 7) });

await tell("the attachments", async ({ server, browser, step }) => {
  const mara = await newPerson(browser, { viewport: { width: 1280, height: 800 } });
  const { page, context } = mara;
  await setUp(page, server);
  const channel = await makeChannel(page, server, "Lena");
  const token = await makeToken(page, server, channel, "Lena");
  const inside = `${server.address}/channels/${channel}`;
  const arrived = async () => {
    const answer = await fetch(`${server.address}/api/v1/channel/${channel}`, { headers: { authorization: `Bearer ${token}` } });
    return (await answer.json()).map(({ content_type, payload }) => [content_type, Buffer.from(payload, "base64").length]);
  };
  const rows = () => page.locator("#chosen li").allInnerTexts();
  const isQuiet = () => page.waitForSelector("#outgoing .say", { state: "detached" });
  await page.goto(inside);

  step("chooses several, sees their sizes, and sends them with a text");
  await page.setInputFiles("#files", [file("price list.pdf", 212_345, "application/pdf"), { name: "a.png", mimeType: "image/png", buffer: PNG },
    file("full.bin", MIB)]);
  assert.match((await rows()).join("\n"), /price list\.pdf[^]*207 KiB of at most 1\.0 MiB[^]*a\.png[^]*full\.bin[^]*1\.0 MiB of at most 1\.0 MiB/);
  assert.equal(await page.locator("#chosen img").count(), 1, "a picture is seen before it is sent");
  await page.fill("#text", "here they are");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#talk .say >> nth=3");
  await isQuiet();
  assert.deepEqual(await arrived(), [["text/plain; charset=utf-8", 13], ['application/pdf; name="price list.pdf"', 212_345],
    ['image/png; name="a.png"', PNG.length], ['application/octet-stream; name="full.bin"', MIB]]);
  await waitFor("the picture to be shown", () => page.$eval("#talk .shot img", (img) => img.complete && img.naturalWidth > 0));
  assert.equal(await page.textContent("#s2 b"), "price list.pdf");

  step("sends none with nothing in it and none over the limit, says why, and lets it be removed");
  await page.setInputFiles("#files", [file("none.txt", 0), file("large.bin", MIB + 1), file("good.txt", 3, "text/plain")]);
  assert.match((await rows()).join("\n"), /none\.txt[^]*nothing in it[^]*large\.bin[^]*more than 1\.0 MiB[^]*good\.txt/);
  for (const left of ["none.txt", "large.bin"]) {
    await page.click("button.main:has-text('Send')");
    assert.equal(await page.evaluate(() => document.activeElement.closest("li")?.querySelector("bdi").textContent), left);
    await page.keyboard.press("Enter");
  }
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#talk #s5");
  await isQuiet();
  assert.deepEqual((await arrived()).at(-1), ['text/plain; name="good.txt"', 3]);

  step("takes what is pasted and dropped");
  const give = (kind) => page.evaluate((kind) => {
    const data = new DataTransfer();
    data.items.add(new File(["some bytes"], `${kind}.txt`, { type: "text/plain" }));
    const event = kind === "pasted" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
      : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector("#text").dispatchEvent(event);
  }, kind);
  await give("pasted");
  await give("dropped");
  assert.match((await rows()).join("\n"), /pasted\.txt[^]*dropped\.txt/);
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#talk #s7");
  await isQuiet();

  step("sends twenty at once, in their order, with one line that says how far it is");
  const lines = new Set();
  await page.exposeFunction("told", (line) => lines.add(line));
  await page.evaluate(() => new MutationObserver(() => window.told(document.querySelector("#progress").innerText.trim()))
    .observe(document.querySelector("#progress"), { subtree: true, childList: true, attributes: true }));
  await page.setInputFiles("#files", Array.from({ length: 20 }, (_, at) => file(`${at}.bin`, 100_000 + at)));
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#talk #s27");
  await isQuiet();
  assert.deepEqual((await arrived()).slice(-20).map(([, size]) => size), Array.from({ length: 20 }, (_, at) => 100_000 + at));
  assert.ok(lines.has("Sending 7 of 20: 6.bin"), [...lines].join("; "));
  assert.equal(await page.isVisible("#progress"), false);

  step("keeps what fails, and goes on from there");
  await page.fill("#text", "with two files");
  await page.setInputFiles("#files", [file("one.bin", 10), file("two.bin", 20)]);
  let broken = 1;
  await page.route("**/channels/*", (route) => {
    if (route.request().method() === "POST" && broken-- > 0) return route.abort();
    return route.continue();
  });
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#outgoing .state:has-text('did not answer')");
  assert.equal(await page.locator("#outgoing [data-state=failed]").count(), 3);
  await page.click("#outgoing [data-again] >> nth=0");
  await page.waitForSelector("#talk #s30");
  await isQuiet();
  assert.deepEqual((await arrived()).slice(-3).map(([, size]) => size), [14, 10, 20]);

  step("without a session keeps the files where they are, and sends them after signing in elsewhere");
  await page.setInputFiles("#files", [file("three.bin", 30)]);
  await context.clearCookies();
  await page.click("button.main:has-text('Send')");
  await page.waitForSelector("#outgoing .state:has-text('signed out')");
  const second = await context.newPage();
  await second.goto(`${server.address}/login`);
  await second.fill("#user", "mara");
  await second.fill("#password", "a quiet green garden");
  await second.keyboard.press("Enter");
  await second.waitForURL("**/inbox");
  await second.close();
  await page.click("#outgoing [data-again]");
  await page.waitForSelector("#talk #s31");
  await isQuiet();

  step("works without a script");
  const plain = await newPerson(browser, { javaScriptEnabled: false, storageState: await context.storageState() });
  await plain.page.goto(inside);
  await plain.page.setInputFiles("#files", [file("four.bin", 40), file("five.bin", 50)]);
  await plain.page.fill("#text", "by hand");
  await answered(plain.page, () => plain.page.click("button.main:has-text('Send')"));
  assert.deepEqual((await arrived()).slice(-3).map(([, size]) => size), [7, 40, 50]);
  await plain.page.fill("#text", "kept");
  await plain.page.setInputFiles("#files", [file("large.bin", MIB + 1)]);
  await answered(plain.page, () => plain.page.click("button.main:has-text('Send')"));
  assert.match(await plain.page.textContent("#problems"), /large\.bin is larger than 1\.0 MiB/);
  assert.equal(await plain.page.inputValue("#text"), "kept");
  mara.faults = mara.faults.filter((fault) => !/ERR_FAILED/.test(fault));
  noFaults(mara);
  noFaults(plain);
});
