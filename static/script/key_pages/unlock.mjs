// Enhances the page that opens a key with a passphrase, a sheet or a file, and brings it to this device.
import { OwnKeys } from "../keys/own_keys.mjs";
import { find, findAll } from "../page.mjs";
import { nameOfKey } from "../sealing/envelope.mjs";
import { pairOf } from "../sealing/keys.mjs";
import { unwrap } from "../sealing/wrapped.mjs";
import { listed } from "./account.mjs";
import { fromFile } from "./files.mjs";
import { atHand } from "./hand.mjs";
import { fromPaper } from "./paper.mjs";
import { show, step, Wrong } from "./steps.mjs";
import { canHaveKeys } from "./support.mjs";

const NO_COPY = "This passphrase opens no copy. It is not the password that you sign in with.";

/** The secret half of one key, or null for another passphrase. */
async function openedCopy({ copy, name }, phrase) {
  const secret = await unwrap(copy, phrase);
  if (secret === null || nameOfKey((await pairOf(secret)).publicKey) === name) return secret;
  throw new Error("The copy on this server is one of another key.");
}

/** The keys whose copies a passphrase opens, newest first. Each takes the browser a while. */
async function byPhrase(keys, phrase) {
  const opened = [];
  let broken = null;
  for (const key of keys.filter(({ copy }) => copy)) {
    const secret = await openedCopy(key, phrase).catch((error) => {
      broken = error;
      return null;
    });
    if (secret) opened.push({ secret, key });
  }
  if (opened.length > 0) return opened;
  throw new Wrong(broken?.message ?? NO_COPY);
}

/** Which of the account's keys one from elsewhere is. */
async function ofAccount(keys, secret) {
  const name = nameOfKey((await pairOf(secret)).publicKey);
  const key = keys.find((one) => one.name === name);
  if (key) return { secret, key };
  throw new Wrong("Your account does not have this key. To use it here too, choose “Make a new key” first.");
}

/** Keys of this account that somebody opens, as `{secret, key}`. */
async function opened(keys) {
  const hasCopy = keys.some(({ copy }) => copy);
  // Before the one there is only the other.
  if (!hasCopy) for (const back of findAll("[data-instead]")) back.textContent = back.dataset.instead;
  for (let way = hasCopy ? "phrase" : "sheet"; ; ) {
    if (way === "phrase") {
      const field = find("#opening");
      const found = await step("open", (_, value) => value || byPhrase(keys, field.value));
      if (typeof found !== "string") {
        field.value = "";
        return found;
      }
      way = found;
    } else {
      const accept = (secret) => ofAccount(keys, secret);
      const found = await (way === "sheet" ? fromPaper(accept) : fromFile(accept));
      if (found) return [found];
      if (hasCopy) way = "phrase";
      else way = way === "sheet" ? "file" : "sheet";
    }
  }
}

/** Others are answered with the newest key, so none on this device is newer than the one in use. */
function sinceOf(key, keys) {
  const used = keys.find(({ isUsed }) => isUsed);
  return used && used !== key ? Math.min(key.since, used.since - 1) : key.since;
}

const titleOf = (count) => (count === 1 ? "The key is on this device" : `${count} keys are on this device`);

async function start() {
  const keys = listed();
  if (keys.length === 0) return show("nothing");
  const found = await opened(keys);
  const own = await OwnKeys.open();
  for (const { secret, key } of found) await own.add(secret.slice(), sinceOf(key, keys));
  navigator.storage?.persist?.().catch(() => {});
  await atHand(found.map(({ secret }) => secret), titleOf(found.length), { isKept: own.isKept });
}

if (await canHaveKeys()) await start();
