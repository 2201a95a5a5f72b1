// Enhances a counterparty's page with who is at the other end: name, picture, greeting, and the key to compare.
import { find } from "../page.mjs";
import { aloud, fingerprintOf } from "../sealing/fingerprint.mjs";
import { base64Of } from "../sealing/text.mjs";

/** Shows what the server says of the holder; answers with what the holder is called. */
export function introduce({ name, greeting, picture }, channel) {
  const holder = name || find("#holder").textContent;
  find("#holder").textContent = holder;
  document.title = holder;
  if (greeting) find("#greeting").textContent = greeting;
  find("#greeting").hidden = !greeting;
  if (picture) channel.picture().then((image) => { find("#portrait").src = URL.createObjectURL(image); }).catch(() => {});
  return holder;
}

/** Shows the numbers of a key, and remembers on this device that they were compared. */
export async function compare(key, device) {
  const fingerprint = await fingerprintOf(key);
  const same = find("#compare input");
  find("#numbers").textContent = aloud(fingerprint);
  find("#compare").hidden = false;
  const show = () => { find("#compared").hidden = !same.checked; };
  same.checked = device.verified === base64Of(fingerprint);
  show();
  same.addEventListener("change", async () => {
    await device.verify(same.checked ? base64Of(fingerprint) : null);
    show();
  });
}
