// Enhances a conversation: what is on its way stands below the messages, with how far it is.
import { find, findAll } from "../page.mjs";
import { isPicture } from "./files.mjs";

const WORDS = { waiting: "Waiting", sending: "Sending …", failed: "Not sent.", sent: "Sent" };

/** How far several files are, in one line. */
export const progressWords = (at, count, name) => (count > 1 ? `Sending ${at} of ${count}: ${name}` : `Sending ${name}`);

/** `again` sends what failed, `back` takes the text up again. */
export function bubbles({ again, back }) {
  const place = find("#outgoing");
  const pattern = find("#pending").content.firstElementChild;
  const line = find("#progress");
  const show = (item, state, why = "", isUnread = false) => {
    const words = find(".state", item.bubble);
    item.bubble.dataset.state = state;
    find("span", words).textContent = why || WORDS[state];
    for (const button of findAll("button", words)) button.hidden = state !== "failed";
    find("[data-again]", words).textContent = isUnread ? "Mark read and send" : "Try again";
    find("a", words).hidden = true;
  };
  return {
    show,
    add(item) {
      item.bubble = pattern.cloneNode(true);
      find(".text", item.bubble).textContent = item.text || "";
      find("bdi", item.bubble).textContent = item.file?.name || "";
      find(".filename", item.bubble).hidden = !item.file;
      const picture = find("img", item.bubble);
      if (item.address && isPicture(item.file)) picture.src = item.address;
      else picture.remove();
      find("[data-again]", item.bubble).addEventListener("click", again);
      find("[data-back]", item.bubble).addEventListener("click", () => back(item));
      find("[data-back]", item.bubble).textContent = item.file ? "Remove" : "Edit";
      show(item, "waiting");
      place.append(item.bubble);
    },
    /** It has its number. The message itself takes its place when the page has it. */
    sent(item, address) {
      const number = new URL(address, location.href).searchParams.get("at");
      show(item, "sent", `Sent as number ${number}`);
      item.number = number;
      const link = find("a", item.bubble);
      [link.href, link.hidden] = [address, false];
    },
    remove(item) {
      if (item.address) URL.revokeObjectURL(item.address);
      item.bubble.remove();
    },
    /** Nothing where only a text is on its way: its bubble says enough. */
    progress(part, at = 0, count = 0, name = "") {
      line.hidden = !count;
      const words = progressWords(at, count, name);
      if (find("span", line).textContent !== words) find("span", line).textContent = count ? words : "";
      find("progress", line).value = count ? (at - 1 + part) / count : 0;
    },
  };
}
