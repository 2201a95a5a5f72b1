// Enhances a counterparty's page with who is at the other end: name, picture, greeting.
import { find } from "../page.mjs";

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
