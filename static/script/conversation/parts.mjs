// Enhances a conversation: fetches further messages and puts them where they belong, each once.
import { find, findAll } from "../page.mjs";
import { paintDays } from "../days/days.mjs";
import { paintTimes } from "../times.mjs";
import { request } from "../asking/request.mjs";

/** Messages of one author that follow each other within this time stand together, as on the server. */
const TURN = 5 * 60000;

/** Whether a turn goes on with another: each has whoever wrote it, by id, and when it ends or begins. */
export const goesOn = (turn, next) => turn.author === next.author && next.begins - turn.ends <= TURN;

const root = () => document.documentElement;

/** What a turn is about, for joining it with its neighbour. */
function facts(turn) {
  const times = findAll("time", turn).map((time) => Date.parse(time.dateTime));
  return {
    author: turn.dataset.author,
    begins: times[0],
    ends: Date.parse(findAll(".say", turn).at(-1).dataset.received) || times[0],
  };
}

function join(turn, next) {
  if (!turn?.matches(".turn") || !next?.matches(".turn") || !goesOn(facts(turn), facts(next))) return;
  find(".says", turn).append(...findAll(".say", next));
  next.remove();
}

/** The messages at an address as elements, none where that is another page, null without an answer. */
export async function part(address) {
  const asked = new URL(address, location.href);
  asked.searchParams.set("part", "true");
  const { status, url, page } = await request("GET", asked.href);
  if (!status) return null;
  return status === 200 && url === asked.href ? [...page.body.children].map((element) => document.adoptNode(element)) : [];
}

/** What of a part is not on the page yet; its link to the other side is of no use here. */
function newOf(elements, otherLink) {
  for (const say of elements.flatMap((element) => findAll(".say", element))) {
    if (document.getElementById(say.id)) say.remove();
  }
  return elements.filter((element) => !find(otherLink, element) && (!element.matches(".turn") || find(".say", element)));
}

/** The turns on both sides of a seam are one where they go on. */
function close(first) {
  const before = first?.previousElementSibling;
  join(before?.matches(".day") ? before.previousElementSibling : before, first);
  paintTimes(new Date());
  paintDays(new Date());
}

/** What lies before the page's messages. The reader keeps seeing the same. */
export function earlier(talk, elements) {
  const before = root().scrollHeight;
  const first = find(".turn", talk);
  find("#earlier")?.closest("p").remove();
  talk.prepend(...newOf(elements, "#later"));
  close(first);
  scrollBy({ top: root().scrollHeight - before, behavior: "instant" });
  document.dispatchEvent(new Event("peerbox:grown"));
}

/** What lies behind them. Answers the messages that are new here. */
export function later(talk, elements) {
  find("#later")?.closest("p").remove();
  const wanted = newOf(elements, "#earlier");
  const says = wanted.flatMap((element) => findAll(".say", element));
  const line = wanted.find((element) => element.id === "new");
  if (line && find("#new", talk)) wanted.splice(wanted.indexOf(line), 1);
  else if (line) find("span#new")?.remove();
  talk.append(...wanted);
  close(wanted.find((element) => element.matches(".turn")));
  document.dispatchEvent(new Event("peerbox:grown"));
  return says;
}
