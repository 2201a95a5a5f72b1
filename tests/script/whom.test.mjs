// For whom the holder's pages seal, whatever a server or a forger says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { after, isNews, later, others } from "../../static/script/sealed/whom.mjs";

const letter = (sequence, sender, proof = "proven", token = "7") => ({ sequence, sender, proof, token, own: false, link: "w" });

test("the newest proven letter names the key", () => {
  const whom = after(null, [letter(1, "A"), letter(3, "B"), letter(2, "C"), letter(9, "D", "none")]);
  assert.deepEqual([whom.key, whom.at, whom.proof, whom.changed], ["B", 3, "proven", false]);
  assert.equal(after(null, [letter(4, "A", "none")]).proof, "none", "where no link has a secret it is said so");
  assert.equal(after(null, []), null);
});

test("what is forged, one's own or nobody's names none", () => {
  assert.equal(after(null, [letter(1, "E", "wrong")]), null);
  assert.equal(after(null, [{ ...letter(1, "E"), own: true }]), null);
  assert.equal(after(null, [letter(1, "E", "none", null)]), null);
  assert.equal(after(null, [letter(1, null)]), null);
  const whom = after(null, [letter(1, "A")]);
  for (const proof of ["wrong", "none"]) assert.equal(after(whom, [letter(2, "E", proof)]), whom, proof);
  assert.equal(after(whom, [letter(2, "E", "proven", "8")]), whom, "another sender is chosen by hand");
});

test("another key is told, and is not compared any more", () => {
  const compared = { ...after(null, [letter(5, "A")]), compared: true };
  assert.equal(after(compared, [letter(6, "A")]).compared, true);
  const changed = after(compared, [letter(6, "B")]);
  assert.deepEqual([changed.key, changed.compared, changed.changed, changed.wasCompared], ["B", false, true, true]);
  assert.equal(after(changed, [letter(5, "A"), letter(6, "B")]), changed, "an older letter brings nothing back");
  assert.equal(after({ ...compared, raw: true }, [letter(6, "B")]).key, "A", "one that was typed in stays");
});

test("others can be chosen", () => {
  const whom = after(null, [letter(5, "A")]);
  const found = others(whom, [letter(5, "A"), letter(2, "C", "none", "8"), letter(3, "D", "proven", "9"), letter(4, "E", "wrong", "10")]);
  assert.deepEqual(found.map(({ key, token }) => [key, token]), [["D", "9"], ["C", "8"]]);
});

test("of two memories the one that knows more counts", () => {
  const [old, young] = [after(null, [letter(1, "A")]), after(null, [letter(2, "B")])];
  assert.equal(later(old, young), young);
  assert.equal(later(young, old), young);
  assert.equal(later(null, old), old);
  assert.equal(later(old, { ...old, compared: true }).compared, true, "ticked on another device");
  assert.equal(later(old, { ...old, key: "E" }), old, "what is here counts against a server");
  assert.equal(later({ ...old, raw: true }, young).key, "A");
  assert.equal(isNews(old, { ...old, at: 8, link: "x" }), false);
  assert.equal(isNews(old, { ...old, compared: true }), true);
});
