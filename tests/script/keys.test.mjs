import assert from "node:assert/strict";
import test from "node:test";
import { aloud, fingerprintOf } from "../../static/script/sealing/fingerprint.mjs";
import { FORMS, readKeyFile, writeKeyFile } from "../../static/script/sealing/key_files.mjs";
import { newSecret, pairOf } from "../../static/script/sealing/keys.mjs";
import { partsOf } from "../../static/script/sealing/link.mjs";
import { fragmentOf, newLinkSecret } from "../../static/script/sealing/new_link.mjs";
import { ofSheet, sheetOf } from "../../static/script/key_pages/sheet.mjs";
import { base64Of, base64urlOf, bytesOfBase64, textOf } from "../../static/script/sealing/text.mjs";
import { unwrap, wrap } from "../../static/script/sealing/wrapped.mjs";

test("a key file of each form comes back as the same key", async () => {
  const secret = newSecret();
  for (const form of Object.keys(FORMS)) assert.deepEqual(await readKeyFile(await writeKeyFile(secret, form)), secret);
  const android = JSON.parse(await writeKeyFile(new Uint8Array(32).fill(200), "android"));
  assert.equal(android.privateKey[0], -56);
});

test("what is no key file is refused, and never becomes another key", async () => {
  const file = JSON.parse(await writeKeyFile(newSecret(), "javascript"));
  const wrong = [
    "",
    "null",
    "[]",
    JSON.stringify({ ...file, keyType: "ed25519" }),
    JSON.stringify({ ...file, privateKey: file.privateKey.slice(1) }),
    JSON.stringify({ ...file, privateKey: [...file.privateKey, 0] }),
    JSON.stringify({ ...file, privateKey: file.privateKey.with(0, null) }),
    JSON.stringify({ ...file, privateKey: file.privateKey.with(0, 300) }),
    JSON.stringify({ ...file, privateKey: file.privateKey.with(0, 1.5) }),
    JSON.stringify({ ...file, privateKey: file.privateKey.with(0, "1") }),
    JSON.stringify({ ...file, publicKey: file.publicKey.with(0, file.publicKey[0] ^ 1) }),
    JSON.stringify({ publicKey: "AA==", secretKey: "AA==" }),
    JSON.stringify({ publicKey: file.publicKey }),
  ];
  for (const text of wrong) await assert.rejects(readKeyFile(text), /key/, text);
});

test("a copy opens with its passphrase, however that was typed, and with no other", async () => {
  const secret = newSecret();
  const copy = await wrap(secret, "Schl\u00fcssel f\u00fcr alle");
  assert.deepEqual(await unwrap(copy, "Schlu\u0308ssel fu\u0308r alle"), secret);
  assert.equal(await unwrap(copy, "schl\u00fcssel f\u00fcr alle"), null);
  const said = JSON.parse(copy);
  assert.equal(said.rounds, 600000);
  assert.notEqual(copy, await wrap(secret, "Schl\u00fcssel f\u00fcr alle"));
  for (const changed of [{ rounds: 0 }, { rounds: 1e12 }, { salt: 7 }, { iv: "AAAA" }, { box: "?" }, { v: 0 }]) {
    await assert.rejects(unwrap(JSON.stringify({ ...said, ...changed }), "x"), /not a copy/);
  }
  await assert.rejects(unwrap(JSON.stringify({ ...said, v: 2 }), "x"), /newer version/);
  for (const text of ["", "null", "{}"]) await assert.rejects(unwrap(text, "x"), /not a copy/);
  const box = bytesOfBase64(said.box);
  box[0] ^= 1;
  assert.equal(await unwrap(JSON.stringify({ ...said, box: base64Of(box) }), "Schl\u00fcssel f\u00fcr alle"), null);
});

test("a key on paper comes back, and a slip is noticed", async () => {
  const secret = newSecret();
  const sheet = await sheetOf(secret);
  assert.match(sheet, /^([0-9A-HJKMNP-TV-Z]{4} ){13}[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.deepEqual(await ofSheet(sheet), secret);
  assert.deepEqual(await ofSheet(` ${sheet.toLowerCase().replaceAll(" ", "-").replaceAll("0", "o").replaceAll("1", "l")}`), secret);
  for (let at = 0; at < sheet.length; at += 1) {
    if (sheet[at] === " ") continue;
    const other = sheet[at] === "7" ? "8" : "7";
    assert.equal(await ofSheet(sheet.slice(0, at) + other + sheet.slice(at + 1)), null, `sign ${at}`);
  }
  for (const typed of ["", sheet.slice(1), `${sheet}0`, sheet.replace(/.$/, "U")]) assert.equal(await ofSheet(typed), null);
});

test("a fingerprint is eight groups of five digits for the same bytes as in the link", async () => {
  const { publicKey } = await pairOf(newSecret());
  const fingerprint = await fingerprintOf(publicKey);
  assert.equal(fingerprint.length, 16);
  assert.match(aloud(fingerprint), /^(\d{5} ){7}\d{5}$/);
  assert.equal(aloud(Uint8Array.of(0, 1, 255, 255, ...new Array(12).fill(0))).slice(0, 11), "00001 65535");
});

test("a link's fragment says who, whose key, and the secret, each where there is one", () => {
  const fingerprint = new Uint8Array(16).fill(255);
  const secret = newLinkSecret();
  for (const parts of [
    { token: "abc_-9", fingerprint, secret },
    { token: "abc", fingerprint, secret: null },
    { token: "abc", fingerprint: null, secret: null },
    { token: null, fingerprint, secret: null },
  ]) {
    const written = { ...parts, token: parts.token ?? "" };
    assert.deepEqual(partsOf(`#${fragmentOf(written)}`), parts);
  }
  assert.equal(fragmentOf({ fingerprint }), `.${base64urlOf(fingerprint)}`);
  assert.equal(partsOf("#a%2Bb").token, "a+b");
  for (const wrong of ["", "#", "#.", "#a.b", "#a.b.c", "#a..b", "#a.b.c.d", "#a b", "#a%2", "#<b>", "#..AAAA"]) {
    assert.equal(partsOf(wrong), null, wrong);
  }
});

test("base64 has one text for the same bytes, and bytes that are no text are none", () => {
  for (const wrong of ["A", "AB==", "A===", "AAAA=", "A-A+", "AAA=AAAA", " AAAA", "AAAA\n"]) {
    assert.equal(bytesOfBase64(wrong), null, wrong);
  }
  assert.deepEqual(bytesOfBase64("-_8"), Uint8Array.of(251, 255));
  assert.deepEqual(bytesOfBase64("+/8="), Uint8Array.of(251, 255));
  assert.equal(textOf(Uint8Array.of(0xff)), null);
  assert.equal(textOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), "\ufeffA");
});
