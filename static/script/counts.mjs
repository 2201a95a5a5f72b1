// Enhances the counts of unread messages: title, navigation, what an empty list says, and a pill that offers new ones.
import { find, findAll, go } from "./page.mjs";

/** Said of the document when something new came that the person wants to hear of now. */
export const CAME = "peerbox:came";

/** Said of the document when what is new is shown. */
export const SHOWN = "peerbox:shown";

/** Said aloud at most so often, however many come. */
const ALOUD = 30000;

/** As the server writes a number: `1 204`. */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** A count: `1 204`, or `1 000+` where counting ended. */
export const unreadWords = ({ unread, more }) => grouped(unread) + (more ? "+" : "");

export function titleWith(title, count) {
  const bare = title.replace(/^\([\d\u202f+]+\) /, "");
  return count.unread > 0 ? `(${unreadWords(count)}) ${bare}` : bare;
}

export const freshWords = (fresh) => (fresh === 1 ? "1 new message" : `${grouped(fresh)} new messages`);

function paintCount(place, count) {
  if (count.unread > 0) place.firstChild.textContent = unreadWords(count);
  place.hidden = count.unread === 0;
}

/** Channels that changed are named, or else all that have something unread. */
function paintChannels({ channels, unread_in: all }) {
  for (const place of channels || all ? findAll("[data-count-of]") : []) {
    const one = (channels || all).find(({ id }) => id === place.dataset.countOf);
    if (one || !channels) paintCount(place, one || { unread: 0 });
  }
}

function paint(count) {
  const words = unreadWords(count);
  const some = count.unread > 0;
  document.title = titleWith(document.title, count);
  for (const place of findAll("[data-count]")) paintCount(place, count);
  for (const place of findAll("[data-says]")) place.textContent = place.dataset.says.replace("{}", words);
  // The list stays as it is, but does not say that nothing is unread.
  for (const place of findAll("[data-unread-is]")) place.hidden = (place.dataset.unreadIs === "some") !== some;
  (some ? navigator.setAppBadge?.(count.unread) : navigator.clearAppBadge?.())?.catch(() => {});
}

/** Only a list that shows what is new is asked for again: a form keeps what was typed, and what was posted is not sent again. */
const newest = () => find("[data-newest]")?.dataset.newest ?? "/inbox";

function pill() {
  const button = document.createElement("button");
  button.id = "show-new";
  button.type = "button";
  button.className = "btn main tiny";
  button.addEventListener("click", () => go(newest()));
  find("#pill").append(button);
  return button;
}

/** The count that this page shows. What is new raises a pill, but on a conversation, which grows by itself. */
export function unreadOf(body) {
  let count = { unread: Number(body.dataset.unread) || 0, more: "more" in body.dataset };
  let fresh = 0;
  let announced = 0;
  let announcing = 0;
  const raise = () => {
    (find("#show-new") || pill()).textContent = freshWords(fresh);
    announcing ||= setTimeout(() => {
      announcing = 0;
      announced = Date.now();
      find("#announce").textContent = freshWords(fresh);
    }, Math.max(0, announced + ALOUD - Date.now()));
    const check = find("[data-newest] #check");
    if (check) check.textContent = "Show new messages";
  };
  document.addEventListener(SHOWN, () => {
    fresh = 0;
    find("#show-new")?.remove();
  });
  return {
    now: () => count,
    become(next) {
      const { unread, more, signal } = next;
      if (unread > count.unread) {
        fresh += unread - count.unread;
        if (!find("#talk")) raise();
        if (signal) document.dispatchEvent(new Event(CAME));
      }
      count = { unread, more };
      paint(count);
      paintChannels(next);
    },
  };
}
