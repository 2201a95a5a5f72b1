// Enhances a conversation: it opens where the reader left off, and grows at both ends without loading again.
import { find, findAll } from "../page.mjs";
import { CHANGED, isAbout } from "../live.mjs";
import { earlier, later, part } from "./parts.mjs";

/** So near to the end, a reader is at it. */
const NEAR = 120;

/** Parts that are asked for in a row; who is further behind goes on by hand. */
const ROUNDS = 10;

export const belowWords = (fresh) => (fresh ? `${fresh} new below` : "New messages below");

const root = () => document.documentElement;
const toEnd = () => scrollTo({ top: root().scrollHeight, behavior: "instant" });
const isAtEnd = () => root().scrollHeight - scrollY - innerHeight < NEAR;

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

function below(count, show) {
  const button = find("#show-below") || document.createElement("button");
  button.id = "show-below";
  button.type = "button";
  button.className = "btn main tiny";
  button.textContent = belowWords(count);
  button.onclick = () => { button.remove(); show(); };
  find("#write").append(button);
}

export function talk() {
  const talk = find("#talk");
  if (!talk) return;
  openThere();
  const sequences = () => findAll(".say", talk).map((say) => Number(say.dataset.sequence));
  let asking = false;
  let again = false;
  let unseen = 0;
  /** One request at a time, whoever asks for it; what was heard meanwhile is asked for after it. */
  const alone = async (work) => {
    if (asking) return;
    asking = true;
    again = false;
    await work();
    asking = false;
    if (again) hearMore();
  };
  const hearMore = () => {
    again = asking;
    return alone(async () => {
      const wasAtEnd = isAtEnd();
      // There are others in between, which the reader has not asked for.
      if (find("#later") && !wasAtEnd) return below(0, () => location.assign(talk.dataset.start));
      const says = [];
      for (let round = 0; round < ROUNDS && (round === 0 || find("#later")); round += 1) {
        const elements = await part(`${talk.dataset.address}?after=${Math.max(0, ...sequences())}`);
        says.push(...later(talk, elements || []));
      }
      if (!says.length) return;
      find("#nothing")?.remove();
      unseen += says.length;
      const all = find("#all-read");
      const areOthers = says.some((say) => !say.closest(".turn").matches(".own"));
      if (all && areOthers) [all.hidden, find("button", all).value] = [false, String(Math.max(...sequences()))];
      if (wasAtEnd) [unseen] = [0, toEnd()];
      else below(unseen, () => says[0].scrollIntoView({ block: "start" }));
    });
  };
  document.addEventListener(CHANGED, ({ detail }) => { if (isAbout(detail, talk.dataset.address)) hearMore(); });
  addEventListener("scroll", () => {
    if (!isAtEnd() || find("#later")) return;
    unseen = 0;
    find("#show-below")?.remove();
  }, { passive: true });
  document.addEventListener("click", (event) => {
    const over = event.target.closest("#earlier, #later");
    if (!over || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    alone(async () => {
      const elements = await part(over.href);
      if (!elements) over.textContent = `${over.dataset.words} could not be loaded; try again`;
      else if (!elements.length) location.assign(over.href);
      else {
        (over.id === "earlier" ? earlier : later)(talk, elements);
        const shown = sequences();
        history.replaceState(null, "", `${talk.dataset.address}?at=${over.id === "earlier" ? shown[0] : shown.at(-1)}`);
      }
    });
  });
}
