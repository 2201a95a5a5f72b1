// Enhances a conversation: it opens where the reader left off, and grows at both ends without loading again.
import { find, findAll } from "../page.mjs";
import { CHANGED } from "../live.mjs";
import { paintDays } from "../times.mjs";

/** Messages of one author that follow each other within this time stand together, as on the server. */
const TURN = 5 * 60000;

/** So near to the end, a reader is at it. */
const NEAR = 120;

/** Whether a turn goes on with another: each has the author, whether it is the reader's own, and when it ends or begins. */
export const goesOn = (turn, next) =>
  turn.author === next.author && turn.own === next.own && next.begins - turn.ends <= TURN;

export const belowWords = (fresh) => `${fresh} new below`;

const root = () => document.documentElement;
const toEnd = () => scrollTo({ top: root().scrollHeight, behavior: "instant" });
const isAtEnd = () => root().scrollHeight - scrollY - innerHeight < NEAR;

/** What a turn is about, for joining it with its neighbour. */
function facts(turn) {
  const times = findAll("time", turn).map((time) => Date.parse(time.dateTime));
  return {
    author: find(".by b", turn).textContent,
    own: turn.classList.contains("own"),
    begins: times[0],
    ends: Date.parse(findAll(".say", turn).at(-1).dataset.received) || times[0],
  };
}

function join(turn, next) {
  if (!turn?.matches(".turn") || !next?.matches(".turn") || !goesOn(facts(turn), facts(next))) return;
  find(".says", turn).append(...findAll(".say", next));
  next.remove();
}

/** The messages at an address as elements. This old way of asking parses them without a script that builds markup. */
function part(address) {
  const asked = new URL(address, location.href);
  asked.searchParams.set("part", "true");
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onloadend = () => {
      const isPart = request.status === 200 && request.responseURL === asked.href;
      resolve(isPart ? [...request.response.body.children].map((element) => document.adoptNode(element)) : []);
    };
    request.open("GET", asked);
    request.send();
  });
}

/** What lies before the page's messages. The reader keeps seeing the same. */
function earlier(talk, elements) {
  const before = root().scrollHeight;
  const first = find(".turn", talk);
  find("#earlier")?.closest("p").remove();
  const wanted = elements.filter((element) => !find("#later", element));
  talk.prepend(...wanted);
  join(first.previousElementSibling, first);
  paintDays(new Date());
  scrollBy({ top: root().scrollHeight - before, behavior: "instant" });
}

/** What lies behind them. Answers the messages that are new here. */
function later(talk, elements) {
  const last = findAll(".turn", talk).at(-1);
  find("#later")?.closest("p").remove();
  const wanted = elements.filter((element) => !find("#earlier", element));
  const says = wanted.flatMap((element) => findAll(".say", element));
  if (find("#new", talk)) for (const element of wanted) if (element.id === "new") element.remove();
  talk.append(...wanted.filter((element) => element.id !== "new" || !find("#new", talk)));
  if (last) join(last, last.nextElementSibling?.matches(".day") ? last.nextElementSibling.nextElementSibling : last.nextElementSibling);
  paintDays(new Date());
  return says;
}

function openThere() {
  const field = location.hash === "#text" && find("#text");
  const navigation = performance.getEntriesByType("navigation")[0];
  const returns = navigation?.type === "back_forward" || navigation?.type === "reload";
  const at = new URLSearchParams(location.search).get("at");
  const target = (at && document.getElementById(`s${at}`)) || (!field && location.hash && find(":target")) || find("#new");
  if (!returns && target?.matches("span#new")) toEnd();
  else if (!returns) target?.scrollIntoView({ block: "start", behavior: "instant" });
  if (!field) return;
  // Else the browser goes to the field once everything is loaded, and away from the message that is answered.
  history.replaceState(null, "", location.pathname + location.search);
  field.focus({ preventScroll: true });
}

function below(count, element) {
  const button = find("#show-below") || document.createElement("button");
  button.id = "show-below";
  button.type = "button";
  button.className = "btn main tiny";
  button.textContent = belowWords(count);
  button.onclick = () => { element.scrollIntoView({ block: "start" }); button.remove(); };
  find("#pill").append(button);
}

export function talk() {
  const talk = find("#talk");
  if (!talk) return;
  openThere();
  const sequences = () => findAll(".say", talk).map((say) => Number(say.dataset.sequence));
  let asking = false;
  let again = false;
  let unseen = 0;
  const hearMore = async () => {
    // Later ones are not the next ones as long as there are others in between.
    if (find("#later")) return;
    again = asking;
    if (asking) return;
    asking = true;
    const wasAtEnd = isAtEnd();
    const says = later(talk, await part(`${talk.dataset.address}?after=${Math.max(0, ...sequences())}`));
    asking = false;
    if (says.length) {
      find("#nothing")?.remove();
      unseen += says.length;
      const all = find("#all-read");
      if (all) [all.hidden, find("button", all).value] = [false, String(Math.max(...sequences()))];
      if (wasAtEnd) [unseen] = [0, toEnd()];
      else below(unseen, says[0]);
    }
    if (again) hearMore();
  };
  document.addEventListener(CHANGED, hearMore);
  addEventListener("scroll", () => {
    if (!isAtEnd()) return;
    unseen = 0;
    find("#show-below")?.remove();
  }, { passive: true });
  document.addEventListener("click", async (event) => {
    const over = event.target.closest("#earlier, #later");
    if (!over || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const elements = await part(over.href);
    if (!elements.length) return location.assign(over.href);
    (over.id === "earlier" ? earlier : later)(talk, elements);
    const shown = sequences();
    history.replaceState(null, "", `${talk.dataset.address}?at=${over.id === "earlier" ? shown[0] : shown.at(-1)}`);
  });
}
