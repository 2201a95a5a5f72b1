// Channels are pinned, muted and put into groups, and the navigation counts along on every page.
import { lookAt } from "./looks.mjs";
import { answered, assert, makeChannel, makeToken, newPerson, noFaults, setUp, tell, waitFor, write } from "./support.mjs";

await tell("the story of arranging channels", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  await setUp(page, server);
  const channels = {};
  for (const name of ["Orders", "Callbacks", "Lena"]) {
    const id = await makeChannel(page, server, name);
    channels[name] = { id, token: await makeToken(page, server, id, `who writes to ${name}`) };
  }
  const say = (name, text) => write(server, channels[name].id, channels[name].token, text);
  const railed = (person, name) => person.locator(`.rail .to:has([data-count-of="${channels[name].id}"])`);
  const count = async (person, name) => {
    const place = railed(person, name).locator("[data-count-of]");
    return await place.isVisible() ? Number.parseInt(await place.innerText(), 10) : 0;
  };
  const headings = (person) => person.locator(".rail h2").allInnerTexts();
  const list = `${server.address}/channels`;
  const press = async (name, button) => {
    await page.goto(list);
    await answered(page, () => page.click(`li:has(a.name bdi:text-is("${name}")) .end button[name=${button}]`));
    await page.waitForSelector(`li:has(a.name bdi:text-is("${name}")) button[name=${button}][aria-pressed=true]`);
  };

  step("pins one, which then stands first in the navigation of every page");
  await press("Lena", "pinned");
  for (const path of ["/inbox", "/profile", "/help"]) {
    await page.goto(server.address + path);
    assert.match((await headings(page))[0], /pinned/i);
    assert.match(await page.locator(".rail .to.mini").first().innerText(), /Lena/);
  }

  step("counts along, in the rail of a page that has no list and in the list of channels");
  const other = await mara.context.newPage();
  await other.goto(`${server.address}/profile`);
  await page.goto(list);
  for (const one of [page, other]) await one.waitForSelector('#live[data-state="on"]', { state: "attached" });
  await say("Lena", "hello");
  await say("Lena", "are you there?");
  await say("Orders", "two trays");
  for (const one of [page, other]) {
    await waitFor("two from Lena", async () => await count(one, "Lena") === 2);
    await waitFor("one order", async () => await count(one, "Orders") === 1);
    await waitFor("three in all", async () => /^\(3\)/.test(await one.title()));
  }
  assert.equal(await page.locator(`main [data-count-of="${channels.Lena.id}"]`).innerText().then(Number.parseInt), 2);

  step("counts down when they are read on another page");
  await other.goto(`${server.address}/channels/${channels.Lena.id}`);
  await other.click("#all-read button");
  await waitFor("none from Lena", async () => await count(page, "Lena") === 0);
  await waitFor("one in all", async () => /^\(1\)/.test(await page.title()));

  step("mutes one: counted in grey where it stands, and nowhere else");
  await press("Callbacks", "muted");
  await page.goto(list);
  await page.waitForSelector('#live[data-state="on"]', { state: "attached" });
  await say("Callbacks", "a block");
  await waitFor("one callback", async () => await count(page, "Callbacks") === 1);
  assert.match(await railed(page, "Callbacks").locator("[data-count-of]").getAttribute("class"), /quiet/);
  assert.match(await page.title(), /^\(1\)/, "the title counts without it");
  await page.goto(`${server.address}/inbox`);
  assert.deepEqual(await page.locator(".row .line").allTextContents(), ["two trays", "are you there?", "hello"]);
  await page.goto(`${server.address}/inbox?view=all`);
  assert.ok((await page.locator(".row .line").allTextContents()).includes("a block"));

  step("puts two into a group, which the list shows together, and sorts within it");
  for (const name of ["Orders", "Callbacks"]) {
    await page.goto(`${server.address}/channels/${channels[name].id}/settings`);
    await page.fill("#group", "The shop");
    await answered(page, () => page.click("form:has(#group) button:has-text('Save')"), "saved");
  }
  const shop = 'h2.group:has-text("The shop") + .card a.name';
  await page.goto(`${list}?sort=name`);
  assert.deepEqual(await page.locator("h2.group").allInnerTexts(), ["Pinned", "The shop"]);
  assert.deepEqual(await page.locator(shop).allInnerTexts(), ["Callbacks", "Orders"]);
  await page.goto(`${list}?sort=activity`);
  assert.deepEqual(await page.locator(shop).allInnerTexts(), ["Callbacks", "Orders"]);
  await say("Orders", "three trays");
  await page.reload();
  assert.deepEqual(await page.locator(shop).allInnerTexts(), ["Orders", "Callbacks"]);
  await page.locator("main").focus();
  await lookAt(page, "channels");
  await page.goto(`${server.address}/channels/${channels.Callbacks.id}`);
  await lookAt(page, "muted");

  step("pins and mutes where one reads, in the conversation's menu");
  const talk = `${server.address}/channels/${channels.Orders.id}`;
  const choose = async (words, told) => {
    await page.goto(talk);
    await page.click("summary[title='About this channel']");
    await page.click(`.talkhead .panel button:text-is("${words}")`);
    await page.waitForSelector(`#flash:has-text("${told}")`);
    assert.ok(page.url().startsWith(talk));
  };
  await choose("Pin", "is pinned");
  assert.equal(await railed(page, "Orders").count(), 1);
  assert.match((await headings(page))[0], /pinned/i);
  await choose("Mute", "is muted");
  await choose("Unmute", "no longer muted");
  await choose("Unpin", "no longer pinned");

  step("unpins it without a script");
  const plain = await newPerson(browser, { javaScriptEnabled: false, storageState: await mara.context.storageState() });
  await plain.page.goto(list);
  await answered(plain.page, () => plain.page.click('li:has(a.name bdi:text-is("Lena")) button[name=pinned]'));
  assert.ok((await headings(plain.page)).length > 0);
  assert.ok((await headings(plain.page)).every((heading) => !/pinned/i.test(heading)));
  noFaults(mara);
  noFaults(plain);
});
