// Enhances the pages of keys: publishes the public half of a key, and gets what the server has of the account's keys.
import { request } from "../asking/request.mjs";
import { base, find, findAll } from "../page.mjs";
import { keyOfName, nameOfKey } from "../sealing/envelope.mjs";
import { Wrong } from "./steps.mjs";

/** The account's keys that a page names, newest first. */
export const listed = (page = document) =>
  findAll("[data-key]", page).map((element) => ({
    element,
    name: element.dataset.name,
    publicKey: keyOfName(element.dataset.name),
    copy: element.dataset.copy ?? "",
    isUsed: "used" in element.dataset,
    since: Number(element.dataset.since),
    words: element.textContent.trim(),
  }));

/** What a device is to an account's `keys`, of which it `has` some: "missing" the one in use, "some", or "ready". */
export function stateOf(keys, has) {
  const used = keys.find((key) => key.isUsed);
  if (used && !has(used)) return "missing";
  if (keys.some((key) => !has(key))) return "some";
  return keys.length > 0 ? "ready" : "";
}

/** The page that a request came to, if it is the one at `path`. */
function pageAt(path, answer) {
  const place = answer.status && new URL(answer.url).pathname.slice(base().length);
  if (answer.status === 200 && place === path) return answer.page;
  if (answer.status === 0) throw new Wrong("The server cannot be reached. Try again when it is back.");
  if (place === "/login") throw new Wrong("You are signed out. Sign in again in another tab, then try again here.");
  // An action is answered with the page itself, where it would wait for the password.
  if (place === "/step-up" || answer.status === 401) {
    throw Object.assign(new Wrong("The password of your account is asked again first."), { isToConfirm: true });
  }
  const said = answer.page && find("#problems", answer.page);
  throw new Wrong(said ? said.textContent.trim() : `The server refused it (${answer.status}).`);
}

/** The page with the copies, which the server gives only after the password. */
async function unlocked() {
  const path = "/profile/keys/unlock";
  return pageAt(path, await request("GET", base() + path));
}

/** Publishes a key, or keeps another copy of one. `use` is empty, or "open" for one that is only to open. */
export async function publish(publicKey, { copy = "", use = "" }) {
  // The form's token is another one once the password was given in another tab.
  const csrf = find("[name=csrf]", await unlocked()).value;
  const body = new URLSearchParams({ csrf, key: nameOfKey(publicKey), copy, use });
  pageAt("/profile/keys", await request("POST", `${base()}/profile/keys`, { body }));
}

/** The copy of a key as the server gives it out. */
export async function storedCopy(publicKey) {
  return listed(await unlocked()).find((one) => one.name === nameOfKey(publicKey))?.copy ?? "";
}
