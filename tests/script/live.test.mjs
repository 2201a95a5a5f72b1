// What a page says of unread messages, how it comes back to a server that went, and what it believes of other pages.
import assert from "node:assert/strict";
import test from "node:test";
import { firstEvent, isNews } from "../../static/script/live.mjs";
import { isOffline, nextWait } from "../../static/script/stream.mjs";
import { freshWords, titleWith, unreadWords } from "../../static/script/counts.mjs";

test("counts are written as the server writes them", () => {
  assert.equal(unreadWords({ unread: 999, more: false }), "999");
  assert.equal(unreadWords({ unread: 1000, more: true }), "1\u202f000+");
  assert.equal(unreadWords({ unread: 1234567, more: false }), "1\u202f234\u202f567");
  assert.equal(freshWords(1), "1 new message");
  assert.equal(freshWords(2), "2 new messages");
});

test("the title has one count in front, and none for nothing", () => {
  assert.equal(titleWith("Inbox", { unread: 2 }), "(2) Inbox");
  assert.equal(titleWith("(1\u202f000+) Inbox", { unread: 3 }), "(3) Inbox");
  assert.equal(titleWith("(3) Inbox", { unread: 0 }), "Inbox");
  assert.equal(titleWith("(a) Inbox", { unread: 0 }), "(a) Inbox");
});

test("waits double up to a minute, and long ones mean offline", () => {
  const waits = [1000];
  while (waits.length < 8) waits.push(nextWait(waits.at(-1)));
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
  assert.ok(!isOffline(8000, true));
  assert.ok(isOffline(16000, true));
  assert.ok(isOffline(2000, false));
});

test("a page goes on after the event that it shows, and believes younger pages only", () => {
  assert.equal(firstEvent("/inside/box/events?from=17"), 17);
  assert.equal(firstEvent("/events"), 0);
  assert.ok(isNews({ event: true, last: 1 }, 5));
  assert.ok(isNews({ event: false, last: 6 }, 5));
  assert.ok(!isNews({ event: false, last: 5 }, 5));
});
