// Enhances the place to write: sends one message with the form that the page has, and says what became of it.
import { base, find, findAll } from "../page.mjs";
import { request } from "../asking/request.mjs";

/** Whether the server has to say what is wrong with a text. */
export function isForServer(text, kind, limit) {
  if (new Blob([text]).size > limit) return true;
  if (kind !== "json" || !text) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/** What became of a message: `sent`, `out` when the session has ended, `stale` when the form is too old, `used` when another
    page was faster with the number of a letter, or `failed`. */
export function outcomeOf({ status, url }, login = `${base()}/login`) {
  if (status === 201) return "sent";
  if (status && new URL(url).pathname === login) return "out";
  return { 403: "stale", 409: "used" }[status] ?? "failed";
}

export function whyNot({ status, page }) {
  if (!status) return "Not sent: the server did not answer.";
  const words = find("#problems li, .lead", page || document.createElement("p"))?.textContent.trim();
  return words ? `Not sent. ${words}` : "Not sent.";
}

/** Whether it was refused because what is new has to be read first. */
export const mustRead = ({ page }) => Boolean(page && find("#write [name=up_to]", page));

/** Marks as read what the page shows, and nothing that came since. */
export function markRead(form) {
  const last = findAll("#talk .say").at(-1);
  const body = new URLSearchParams({ csrf: form.elements.csrf.value, up_to: last?.dataset.sequence ?? "0" });
  return request("POST", `${form.action}/read`, { body });
}

/** Takes the token of this browser's session as it is now. */
async function renewToken(form) {
  const { page } = await request("GET", form.action);
  const token = page && find("#say input[name=csrf]", page)?.value;
  if (token) for (const input of findAll("input[name=csrf]")) input.value = token;
  return Boolean(token);
}

function bodyOf(form, item) {
  const body = new FormData();
  const fields = { csrf: form.elements.csrf.value, key: item.key, quiet: "yes", kept: "yes" };
  if (item.letter) Object.assign(fields, { letter: "yes", type: item.letter.type, n: item.letter.n });
  else Object.assign(fields, { kind: item.kind, text: item.text || "", unsealed: item.isUnsealed ? "yes" : "" });
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  // Nothing that was sealed goes out in any other form.
  for (const name of item.letter ? ["box", "copy"] : []) body.append("file", new Blob([item.letter[name]]), name);
  if (item.file && !item.letter) body.set("file", item.file, item.file.name);
  return body;
}

/** Sends it; once more when somebody signed in again since the page was shown. */
export async function post(form, item, progress) {
  const once = () => request("POST", form.action, { body: bodyOf(form, item), progress });
  const answer = await once();
  return outcomeOf(answer) === "stale" && await renewToken(form) ? once() : answer;
}
