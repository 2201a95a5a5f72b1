// Enhances the page of a counterparty: whoever has a link writes, reads the answers, and comes back.
import { Calls } from "../client/calls.mjs";
import { follow } from "../client/news.mjs";
import { base, find, say } from "../page.mjs";
import { LETTER_BYTES } from "../sealing/envelope.mjs";
import { areSupported } from "../sealing/keys.mjs";
import { partsOf } from "../sealing/link.mjs";
import { base64Of } from "../sealing/text.mjs";
import { Device } from "./device.mjs";
import { introduce } from "./holder.mjs";
import { judge, OTHER_KEY, outgoing, PLAIN, PROVEN } from "./letters.mjs";
import { Reader } from "./reader.mjs";
import { Composer } from "./send.mjs";
import { Talk } from "./show.mjs";

/** Seconds between two looks at a channel that is read without a token. */
const LOOK_EVERY = 30;

/** Whether the link opens nothing (any more). */
const isRefusal = (error) => [401, 403].includes(error.status);

function whatMayBeDone({ locked, can_read: read, can_write: write }) {
  if (locked) return "locked";
  if (!write) return "only-read";
  return read ? "" : "only-write";
}

/** Nothing can be done with the link any more: that stands where one would write. */
function end() {
  say("state", "ready");
  say("write", "revoked");
  find("#composer").hidden = true;
}

/** Says whether the key was compared on this device; the rest of it comes when somebody looks. */
function offerMore(device, fingerprint) {
  find("#compared").hidden = !fingerprint || device.verified !== base64Of(fingerprint);
  find("#more").hidden = false;
  const load = async () => (await import("./more.mjs")).fill(device, fingerprint);
  find("#more").addEventListener("toggle", load, { once: true });
}

/** Names the page to start on, which no server is told, so that browsers can install it. */
async function nameStart() {
  const link = find("[rel=manifest]");
  const told = await (await fetch(link.href)).json();
  told.start_url = location.href;
  link.href = URL.createObjectURL(new Blob([JSON.stringify(told)]));
}

async function start() {
  say("state", "loading");
  const id = location.pathname.split("/").pop();
  const parts = partsOf(location.hash) ?? { token: null, fingerprint: null, secret: null };
  const channel = new Calls(`${location.origin}${base()}/api/v1/channel/${encodeURIComponent(id)}`, parts.token);
  let reception;
  try {
    reception = await channel.about();
  } catch (error) {
    return say("state", !isRefusal(error) ? "offline" : parts.token === null ? "incomplete" : "refused");
  }
  nameStart().catch(() => {});
  const holder = introduce(reception, channel);

  const supported = await areSupported();
  const { way, key } = await judge(parts.fingerprint, reception.key, reception.older_keys);
  // Nothing is ever sealed for somebody who only reads.
  const isSealed = way !== PLAIN && reception.can_write;
  say("seal", way === OTHER_KEY ? way : !isSealed ? PLAIN : supported ? way : "unsupported");
  const device = supported ? await Device.open(id) : null;
  const link = { secret: parts.secret, channel: id };
  if (device) offerMore(device, way === PROVEN ? parts.fingerprint : null);
  const talk = new Talk(find("#talk"), holder, { isSealed, isProven: isSealed && parts.secret !== null });
  const reader = new Reader(channel, talk, { device, link, token: parts.token, since: reception.since }, {
    said: (error) => (error && isRefusal(error) ? end() : say("state", error ? "offline" : "ready")),
    sending: () => composer.trying > 0,
  });

  const mayWrite = reception.can_write && !reception.locked && way !== OTHER_KEY && (way === PLAIN || supported);
  say("write", whatMayBeDone(reception));
  find("#composer").hidden = !mayWrite;
  if (key) find("#composer").dataset.limit -= LETTER_BYTES;
  // What was read when a message went out: a sequenced channel takes none before all of it is.
  let read = 0;
  const composer = new Composer(find("#composer"), find("#outbox"), {
    device,
    write: (body, how) => {
      read = reader.marked;
      return channel.write(body, how);
    },
    pack: (letter) => outgoing(letter, { key, device, link }),
    sent: async (stored, letter) => {
      await device?.keep(stored.sequence, letter);
      if (!reception.can_read) reader.talk.add(stored, { ...letter, own: true, proof: "none" });
    },
    refused: async (error) => {
      if (error.status === 401) end();
      if (error.status === 403) say("write", "locked");
      if (error.status === 409 && reception.can_read) await reader.catchUp();
      return (await import("./refusals.mjs")).wordsOf(error, reader.foreignAfter(read));
    },
    // What was held back, or stands in the way, is before the eyes then.
    ended: () => reception.can_read && reader.catchUp(),
  });
  addEventListener("beforeunload", (event) => composer.waits && event.preventDefault());

  if (!reception.can_read) {
    if (device?.kept) await (await import("./kept.mjs")).show(device, talk);
    return say("state", "ready");
  }
  await reader.begin();
  // Another device with the same link may have written, of which nobody is notified.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && reader.catchUp());
  if (parts.token === null) return setInterval(() => reader.catchUp(), LOOK_EVERY * 1000);
  await follow(channel, () => reader.catchUp()).catch(end);
}

addEventListener("hashchange", () => location.reload());
start();
