// A holder invites somebody who has a terminal: the link goes from the page into `contact add`, and both sides seal.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { assert, makeKey, newPerson, noFaults, setUp, start, tell, waitFor } from "./support.mjs";

const run = promisify(execFile);

/** Somebody at a terminal, with contacts in a folder of their own. */
class Terminal {
  folder = mkdtempSync(join(tmpdir(), "peerbox-terminal-"));
  options = { cwd: this.folder, env: { PATH: process.env.PATH, HOME: this.folder, XDG_CONFIG_HOME: this.folder } };

  /** What a command prints; `typed` is its standard input. */
  async peerbox(args, typed = "") {
    const running = run(process.env.PEERBOX, args, this.options);
    running.child.stdin.end(typed);
    return (await running).stdout;
  }

  async messages() {
    const printed = await this.peerbox(["read", "mara", "--json"]);
    return printed.trim().split("\n").map((line) => JSON.parse(line));
  }

  leave() {
    rmSync(this.folder, { recursive: true });
  }
}

await tell("somebody with a terminal", async ({ server, browser, step }) => {
  const mara = await newPerson(browser);
  const { page } = mara;
  await setUp(page, server);
  await makeKey(page, server);

  step("the link goes from the page into the terminal");
  await page.goto(`${server.address}/inbox`);
  await page.click(".rail >> text=Invite somebody");
  await page.fill("#label", "Theo");
  await page.click("text=Make the link");
  await page.waitForSelector("[data-say=link][data-is=sealed]:visible");
  const link = (await page.textContent("#link")).trim();
  const theo = new Terminal();
  await theo.peerbox(["contact", "add", "mara"], `Come in:\n${link}\n`);
  const contact = JSON.parse(await theo.peerbox(["contact", "show", "mara", "--json"]));
  assert.deepEqual([contact.sealing, contact.key_is_checked, contact.proves], ["envelope", true, true]);

  step("what the terminal writes is sealed, and proven on the page");
  await theo.peerbox(["send", "mara", "Two trays of seedlings, please."]);
  const inside = `${server.address}/channels/${new URL(link).pathname.split("/").at(-1)}`;
  await page.goto(inside);
  await page.waitForSelector(".say:has-text('Two trays of seedlings') .lock.ok[title*='From the holder of the link']", { state: "attached" });

  step("a command is run for the answer, which is proven too");
  const command = "cat > heard; printf ' %s' \"$PEERBOX_MESSAGE_PROVEN\" >> heard";
  const listening = start(process.env.PEERBOX, ["listen", "mara", "--mark", "--count", "1", "--exec", command], theo.options);
  await page.waitForSelector("#sealed-for:has-text('Sealed for Theo'):visible");
  await page.fill("#text", "Both trays are yours.");
  await page.click("#say button.main");
  await page.waitForSelector("#talk .own .say:has-text('Both trays are yours.') .lock.ok", { state: "attached" });
  await waitFor("the command", () => listening.exitCode === 0);
  assert.equal(readFileSync(join(theo.folder, "heard"), "utf8"), "Both trays are yours. yes");

  step("a file goes to the page, and both read all");
  await theo.peerbox(["send", "mara", "--type", "text/plain; charset=utf-8; name=\"list.txt\"", "four a tray"]);
  await page.waitForSelector("#talk .say:has-text('four a tray')");
  assert.equal(await page.locator(".say .numbers").count(), 0, "no number is missing or comes again");
  const read = await theo.messages();
  assert.deepEqual(read.map((one) => [one.state, one.author]), [["ours", "own"], ["proven", "holder"], ["ours", "own"]]);
  theo.leave();
  noFaults(mara);
});
