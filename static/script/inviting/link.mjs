// Enhances the page of a link: it names the holder's key and carries a secret, both made here and sent to no server.
import { openSecret, wrapSecret } from "../keys/link_secrets.mjs";
import { find, say } from "../page.mjs";
import { svgOf } from "../qr/qr.mjs";
import { aloud, fingerprintOf } from "../sealing/fingerprint.mjs";
import { partsOf } from "../sealing/link.mjs";
import { fragmentOf, newLinkSecret } from "../sealing/new_link.mjs";
import { ownKey } from "./own.mjs";

const place = find("#handed");
const shown = find("#link");

/** Has the server keep a wrapped secret, and tells which one it keeps: another page may have been first. */
async function keep(link, again) {
  const body = new URLSearchParams({ csrf: place.dataset.csrf, link, again: again ? "yes" : "no" });
  const answer = await fetch(place.dataset.address, { method: "POST", body });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return (await answer.json()).link;
}

/** The link's secret: the one that there is, or a new one; null where no key on this device opens it. */
async function secretOf({ keys, pair }, again) {
  const about = { channel: place.dataset.channel, token: place.dataset.token };
  const kept = await keep(await wrapSecret(newLinkSecret(), pair, about), again);
  return openSecret(kept, keys.pairs, about);
}

function show(address) {
  shown.textContent = address;
  const code = svgOf(address, "QR code of the link");
  if (code) find("#code").replaceChildren(code);
}

async function complete(own, again = false) {
  say("link", "working");
  const secret = await secretOf(own, again);
  if (secret === null) return say("link", "closed");
  const address = new URL(shown.textContent);
  const { token } = partsOf(address.hash);
  const fingerprint = await fingerprintOf(own.pair.publicKey);
  address.hash = fragmentOf({ token, fingerprint, secret });
  show(address.href);
  find("#fingerprint").textContent = aloud(fingerprint);
  say("link", "sealed");
}

function offerSharing() {
  const button = find("#share");
  if (!navigator.share) return;
  button.hidden = false;
  // Whoever changes one's mind is told nothing.
  button.addEventListener("click", () => navigator.share({ url: shown.textContent }).catch(() => {}));
}

offerSharing();
const own = await ownKey(place.dataset.key);
const tried = (again) => complete(own, again).catch(() => say("link", "failed"));
find("#again").addEventListener("click", () => tried(true));
if (own.is === "ready") await tried(false);
else say("link", own.is);
