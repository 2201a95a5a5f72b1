// Enhances open pages: they hear of new messages as they come, and the sign at the top says whether they do.
import { forgetTexts } from "./leaving.mjs";
import { base, find } from "./page.mjs";
import { share } from "./sharing.mjs";
import { streamOf } from "./stream.mjs";
import { unreadOf } from "./counts.mjs";

/** Said of the document when something in the account has changed; its detail names the channels, where they are known. */
export const CHANGED = "peerbox:changed";

/** The page stays, with whatever is being written on it; it is the reader who goes to sign in. */
function tellSignedOut() {
  const note = find("#signed-out");
  const here = location.pathname.slice(base().length) + location.search;
  find("a", note).search = new URLSearchParams({ next: here });
  note.hidden = false;
  forgetTexts();
}

/** Whether what has changed may be in this channel. */
export const isAbout = (channels, address) => !channels || channels.some((one) => address.endsWith(`/${one.id}`));

export const firstEvent = (source) => Number(/from=(\d+)/.exec(source)?.[1]) || 0;

/** Whether another page has heard more than this one. */
export const isNews = (theirs, last) => theirs.event || theirs.last > last;

export function live() {
  const source = document.body.dataset.events;
  const sign = find("#live");
  if (!source || !sign) return;
  const unread = unreadOf(document.body);
  let last = firstEvent(source);
  let signedOut = false;
  const show = (state) => {
    sign.hidden = false;
    sign.dataset.state = state;
    // The server wrote a word for each state.
    sign.title = find(".word", sign).textContent = sign.dataset[state];
  };
  const become = (news) => {
    unread.become(news);
    document.dispatchEvent(new CustomEvent(CHANGED, { detail: news.channels }));
  };
  const stream = streamOf({
    address: () => source.replace(/from=.*/, `from=${last}`),
    report(state) {
      show(state);
      // How the line stands is no news.
      shared.tell(false, { last: 0 });
    },
    heard(event) {
      const data = JSON.parse(event.data);
      last = Number(event.lastEventId) || last;
      become(data);
      shared.tell(true, data);
    },
    counted(event) {
      shared.tell(false, JSON.parse(event.data));
    },
    ended() {
      signedOut = true;
      show("out");
      tellSignedOut();
    },
  });
  const open = () => { if (!signedOut) stream.open(); };
  const shared = share({ ...stream, open }, {
    state: () => ({ last, ...unread.now(), state: sign.dataset.state }),
    hear(theirs) {
      show(theirs.state);
      if (!isNews(theirs, last)) return;
      last = theirs.last;
      become(theirs);
    },
  });
  shared.enter();
  addEventListener("offline", () => { if (stream.isOpen()) stream.retry(); });
  addEventListener("pagehide", shared.leave);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    shared.enter();
    // What came meanwhile is only counted for it.
    document.dispatchEvent(new CustomEvent(CHANGED));
  });
}
