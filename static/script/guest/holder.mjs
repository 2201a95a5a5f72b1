// Enhances a counterparty's page with who is at the other end: name, picture, greeting.
import { find } from "../page.mjs";

async function showPicture(channel) {
  const image = await (await channel.call("GET", "/picture")).blob();
  find("#portrait").src = URL.createObjectURL(image);
}

/** Shows what the server says of the holder; answers with what the holder is called. */
export function introduce({ name, greeting, picture }, channel) {
  const holder = name || find("#holder").textContent;
  find("#holder").textContent = holder;
  document.title = holder;
  if (greeting) find("#greeting").textContent = greeting;
  find("#greeting").hidden = !greeting;
  if (picture) showPicture(channel).catch(() => {});
  return holder;
}
