// Enhances the place to write: what is sent stands in the conversation at once, and stays there until it has arrived.
import { keep } from "../writing/drafts.mjs";
import { base, find } from "../page.mjs";
import { CHANGED } from "../live.mjs";
import { bubbles } from "./bubbles.mjs";
import { files } from "./files.mjs";
import { KNOWN_FOR, newKey, outboxOf } from "./outbox.mjs";
import { isForServer, markRead, mustRead, outcomeOf, post, whyNot } from "./posting.mjs";
import { lettersOf } from "./sealed_items.mjs";

const loginOf = () => `${base()}/login`;
const here = () => location.pathname.slice(base().length) + location.search;

export function sending() {
  const form = find("#say");
  if (!form) return;
  const field = find("#text");
  const attached = files(form);
  const outbox = outboxOf(form);
  let queue = [];
  let failed = [];
  let sent = [];
  let running = false;
  /** Something new has to be read before anything is sent. */
  let isUnread = false;

  const letters = lettersOf(form);

  const forget = (item) => {
    outbox.remove(item);
    letters.forget(item);
    shown.remove(item);
  };
  const takeUp = (item) => {
    failed = failed.filter((other) => other !== item);
    forget(item);
    if (item.text) field.value = [field.value, item.text].filter(Boolean).join("\n\n");
    keep(form);
    field.focus();
  };
  /** Those behind what failed keep their order. */
  const stop = (why, answer = {}) => {
    failed.push(...queue);
    queue = [];
    isUnread = mustRead(answer);
    // What the server refused is not sent by itself when the page is loaded again. What stands before it may say that it did
    // not answer, and it may have stored the message all the same.
    const isRefused = (answer.status >= 400 && answer.status < 500) || answer.status === 507;
    if (isRefused) for (const item of failed) outbox.refused(item);
    for (const item of failed) shown.show(item, "failed", item === failed[0] ? why : "Not sent yet.", isUnread);
  };
  const signIn = () => {
    stop("Not sent: you are signed out here. Sign in again in another tab, then try again.");
    if (attached.any() || failed.some((item) => item.file)) return;
    // There are only texts, which this browser keeps: they are here again afterwards.
    if (!letters.areOn) [...failed].forEach(takeUp);
    location.assign(`${loginOf()}?next=${encodeURIComponent(here())}`);
  };
  const run = async () => {
    if (running) return;
    running = true;
    let [count, at] = [queue.length, 0];
    while (queue.length) {
      const item = queue[0];
      at += 1;
      count = Math.max(count, at - 1 + queue.length);
      const tell = (part) => { if (item.file || count > 1) shown.progress(part, at, count, item.file?.name || "text"); };
      shown.show(item, "sending");
      tell(0);
      const why = await letters.seal(item);
      const answer = why ? null : await letters.post(item, () => post(form, item, tell));
      const outcome = answer && outcomeOf(answer);
      if (why) stop(why);
      else if (outcome === "out") signIn();
      else if (outcome !== "sent") stop(whyNot(answer), answer);
      else {
        queue.shift();
        outbox.remove(item);
        await letters.arrived(item);
        shown.sent(item, answer.place);
        sent.push(item);
        document.dispatchEvent(new Event(CHANGED));
      }
    }
    shown.progress(0);
    running = false;
    settle();
  };
  /** What the page has by now stands there itself. */
  const settle = () => {
    const isHere = (item) => document.getElementById(`s${item.number}`);
    sent.filter(isHere).forEach(shown.remove);
    sent = sent.filter((item) => !isHere(item));
  };
  const again = async () => {
    if (isUnread) await markRead(form);
    isUnread = false;
    for (const item of failed) outbox.refused(item, false);
    [queue, failed] = [[...failed, ...queue], []];
    run();
  };
  const shown = bubbles({ again, back: takeUp });
  const send = (items) => {
    items.forEach(shown.add);
    queue.push(...items);
    find("#nothing")?.remove();
    scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    run();
  };
  form.addEventListener("submit", (event) => {
    const [text, kind] = [field.value, form.elements.kind.value];
    const isWrong = isForServer(text, kind, Number(form.dataset.limit)) && !attached.any();
    // Where answers are sealed the server sees no text, not even to say what is wrong with it.
    if (isWrong && !letters.areOn) return;
    event.preventDefault();
    if (letters.stands(isWrong) || attached.areWrong()) return;
    const since = Date.now();
    const about = { since, isUnsealed: letters.isUnsealed };
    const said = text ? [{ key: newKey(), text, kind, ...about }] : [];
    const items = [...said, ...attached.take().map((entry) => ({ key: newKey(), kind: "text", ...about, ...entry }))];
    if (!letters.areOn) said.forEach(outbox.add);
    letters.unsealedIsTaken();
    field.value = "";
    keep(form);
    if (items.length) send(items);
    field.focus();
  });
  document.addEventListener("peerbox:grown", settle);
  // Files are nowhere but on this page.
  addEventListener("beforeunload", (event) => {
    if (attached.any() || [...queue, ...failed].some((item) => item.file)) event.preventDefault();
  });
  const isKnown = (item) => !item.isRefused && Date.now() - item.since < KNOWN_FOR;
  const goOn = (left) => {
    left.forEach(shown.add);
    failed.push(...left.filter((item) => !isKnown(item)));
    for (const item of failed) {
      shown.show(item, "failed", item.isRefused ? "This was not sent." : "This was perhaps not sent.");
    }
    queue.push(...left.filter(isKnown));
    if (queue.length) run();
  };
  goOn(outbox.items());
  letters.waiting().then(goOn);
}
