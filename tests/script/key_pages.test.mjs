// What the pages of keys decide: which passphrases will do, what is asked of a sheet, what a device is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, OTHER_KEY, PLAIN, PROVEN, UNCHECKED } from "../../static/script/guest/letters.mjs";
import { stateOf } from "../../static/script/key_pages/account.mjs";
import { slipsIn } from "../../static/script/key_pages/paper.mjs";
import { suggestion, weaknessOf } from "../../static/script/key_pages/phrases.mjs";
import { nameOfKey } from "../../static/script/sealing/envelope.mjs";
import { fingerprintOf } from "../../static/script/sealing/fingerprint.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { ofSheet, sheetOf, signsOf } from "../../static/script/key_pages/sheet.mjs";

test("a suggestion is five words that can be said, and every syllable comes", () => {
  const seen = new Set();
  for (let count = 0; count < 500; count += 1) {
    const words = suggestion();
    assert.match(words, /^([bdfghjklmnprstvwz][aeiou]){2}( ([bdfghjklmnprstvwz][aeiou]){2}){4}$/);
    assert.equal(weaknessOf(words), "");
    words.replaceAll(" ", "").match(/../g).forEach((syllable) => seen.add(syllable));
  }
  assert.equal(seen.size, 85);
});

test("what is short or has few different characters is no passphrase", () => {
  for (const [phrase, why] of [
    ["", "This one has 0."], ["elevenchars", "This one has 11."], ["  short     ", "This one has 5."],
    ["aaaaaaaaaaaa", "guessed easily"], ["ababababcdcdcd", "guessed easily"], ["👪👪👪👪👪👪👪👪👪👪👪👪", "guessed easily"],
  ]) assert.ok(weaknessOf(phrase).includes(why), phrase);
  for (const phrase of ["seven quiet zebras", "abcdefabcdef"]) assert.equal(weaknessOf(phrase), "");
});

test("a sheet counts when every sign of it was typed back", async () => {
  const sheet = await sheetOf(newSecret());
  const groups = sheet.split(" ");
  assert.equal(slipsIn(sheet, groups), "");
  assert.equal(slipsIn(` ${sheet.toLowerCase().replaceAll(" ", "\n")} `, groups), "");
  assert.match(slipsIn(groups.slice(0, 3).join(" "), groups), /56 letters and digits. These are 12/);
  for (let at = 0; at < 56; at += 1) {
    const joined = groups.join("");
    const other = joined[at] === "7" ? "8" : "7";
    const typed = joined.slice(0, at) + other + joined.slice(at + 1);
    assert.equal(slipsIn(typed, groups), `Look again: not as it stands on the sheet is ${Math.floor(at / 4) + 1}.`);
  }
});

test("signs that look alike are taken for each other on paper", async () => {
  assert.equal(signsOf(" o1l-i\n"), "0111");
  const secret = newSecret();
  const sheet = await sheetOf(secret);
  assert.deepEqual(await ofSheet(sheet.toLowerCase().replaceAll("0", "o").replaceAll("1", "l")), secret);
});

test("a device is told what it lacks", () => {
  const keys = [{ isUsed: false }, { isUsed: true }, { isUsed: false }];
  const having = (...places) => (key) => places.includes(keys.indexOf(key));
  assert.equal(stateOf(keys, having(0, 1, 2)), "ready");
  assert.equal(stateOf(keys, having(1)), "some");
  assert.equal(stateOf(keys, having(0, 2)), "missing");
  assert.equal(stateOf([], having()), "");
  assert.equal(stateOf([keys[0]], having()), "some", "what is retired is only missing for what is old");
});

test("a link goes on with the key that it names, as long as the server still names it", async () => {
  const [today, before, foreign] = await Promise.all([1, 2, 3].map(async () => (await pairOf(newSecret())).publicKey));
  const [named, older] = [nameOfKey(today), [nameOfKey(before)]];
  const of = async (key) => judge(key && (await fingerprintOf(key)), named, older);
  assert.deepEqual(await of(today), { way: PROVEN, key: today });
  assert.deepEqual(await of(before), { way: PROVEN, key: before });
  assert.deepEqual(await of(foreign), { way: OTHER_KEY, key: null });
  assert.deepEqual(await of(null), { way: UNCHECKED, key: today });
  assert.deepEqual(await judge(null, null), { way: PLAIN, key: null });
  assert.deepEqual(await judge(await fingerprintOf(before), null, older), { way: PROVEN, key: before });
});
