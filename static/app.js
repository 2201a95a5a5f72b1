// Enhances pages that work without it: live updates, keyboard, copying, relative times. It builds no HTML from text.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const base = root.dataset.base || "";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const go = (path) => location.assign(base + path);

  // Times in the reader's zone, relative under a day, and under the headings of the reader's days. Without a script all
  // of it is in the server's, which is UTC.
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
  const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  const part = (at, options) => new Intl.DateTimeFormat("en-GB", options).format(at);
  const daysAgo = (at) => Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  const year = (at) => (at.getFullYear() === new Date().getFullYear() ? "" : ` ${at.getFullYear()}`);
  const paintTimes = () => {
    for (const time of $$("time[data-when]")) {
      const at = new Date(time.dateTime);
      const minutes = Math.round((at - Date.now()) / 60000);
      if (Number.isNaN(minutes)) continue;
      if (!time.dataset.utc) {
        time.dataset.utc = time.title;
        time.title = `${full.format(at)} (${time.title})`;
      }
      const date = part(at, { day: "numeric", month: "short" }) + year(at);
      let text = date;
      if (minutes > 1) text = daysAgo(at) === 0 ? hour.format(at) : `${date}, ${hour.format(at)}`;
      else if (minutes > -1) text = "now";
      else if (minutes > -60) text = relative.format(minutes, "minute");
      else if (minutes > -1440) text = relative.format(Math.round(minutes / 60), "hour");
      if (time.textContent !== text) time.textContent = text;
    }
  };
  const dayTitle = (at) => {
    const ago = daysAgo(at);
    if (ago === 0) return "Today";
    if (ago === 1) return "Yesterday";
    const date = part(at, { day: "numeric", month: "long" });
    return year(at) ? date + year(at) : `${part(at, { weekday: "long" })}, ${date}`;
  };
  // What stands below headings of days, in groups of one day.
  const byDay = (items) => {
    const groups = [];
    for (const item of items) {
      const title = dayTitle(new Date($("time", item).dateTime));
      if (!groups.length || groups.at(-1).title !== title) groups.push({ title, items: [] });
      groups.at(-1).items.push(item);
    }
    return groups;
  };
  let grouped = "";
  const paintDays = () => {
    const today = new Date().toDateString();
    if (grouped === today) return;
    grouped = today;
    const sections = $$("#messages > section");
    byDay(sections.flatMap((section) => $$(".row", section))).forEach(({ title, items }, at) => {
      const section = sections.shift() || $("#messages > section").cloneNode(true);
      const heading = $("h2", section);
      heading.textContent = title;
      heading.id = `day-${at + 1}`;
      section.setAttribute("aria-labelledby", heading.id);
      $("ul", section).replaceChildren(...items);
      if (!section.isConnected) $("#messages > .pager").before(section);
    });
    for (const section of sections) section.remove();
    const talk = $("#line-up");
    if (!talk) return;
    const headings = $$("h2", talk);
    for (const { title, items } of byDay($$(".say", talk))) {
      const heading = headings.shift() || document.createElement("h2");
      heading.textContent = title;
      items[0].before(heading);
    }
    for (const heading of headings) heading.remove();
  };
  const paintClock = () => { paintTimes(); paintDays(); };
  paintClock();
  setInterval(paintClock, 30000);

  // Buttons that only make sense with a script.
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const word = $("span", button);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.textContent);
      if (!word) return;
      const before = word.dataset.word || word.textContent;
      word.dataset.word = before;
      word.textContent = "Copied";
      setTimeout(() => { word.textContent = before; }, 1600);
    } catch {
      // No clipboard on plain http: the text is selected instead, so that one keystroke copies it.
      getSelection().selectAllChildren(source);
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy) copy(button);
    if (button.dataset.show) {
      const field = document.getElementById(button.dataset.show);
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.textContent = shown ? "Show" : "Hide";
      button.setAttribute("aria-pressed", String(!shown));
      field.focus();
    }
    if ("print" in button.dataset) window.print();
    if (button.id === "show-new") location.reload();
  });
  // An open menu closes when the pointer or the focus goes elsewhere.
  const closeMenus = (event) => {
    for (const menu of $$("details.pop[open]")) if (!menu.contains(event.target)) menu.open = false;
  };
  document.addEventListener("pointerdown", closeMenus);
  document.addEventListener("focusin", closeMenus);
  // Two quick presses send one form.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    else if (event.target.method === "post") event.target.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => delete form.dataset.sent));
  const problems = $("#problems");
  if (problems) problems.focus();

  // An opened message counts as read; without a script there is a button for it.
  const markRead = $("#mark-read");
  if (markRead) {
    const body = new URLSearchParams({ csrf: markRead.form.elements.csrf.value, one: markRead.value, quiet: "yes" });
    fetch(markRead.form.action, { method: "POST", body, credentials: "same-origin" }).then((answer) => {
      if (answer.status !== 204) return;
      markRead.hidden = true;
      $("#mark-unread").hidden = false;
      const here = $('.row[aria-current="true"]');
      if (here && here.classList.contains("unread")) {
        here.classList.remove("unread");
        const dot = $(".dot", here);
        if (dot) dot.style.visibility = "hidden";
      }
    }).catch(() => {});
  }

  // Selecting in the list.
  const list = $("#messages");
  const picks = list ? $$(".pick", list) : [];
  const all = $("#pickall");
  let anchor = null;
  if (all) all.addEventListener("change", () => picks.forEach((pick) => { pick.checked = all.checked; }));
  picks.forEach((pick, index) => pick.addEventListener("click", (event) => {
    if (event.shiftKey && anchor !== null) {
      const [from, to] = [Math.min(anchor, index), Math.max(anchor, index)];
      for (let i = from; i <= to; i += 1) picks[i].checked = pick.checked;
    }
    anchor = index;
    if (all) all.checked = picks.every((one) => one.checked);
  }));

  // The sentence under the form of a new channel.
  const newChannel = $("#newchannel");
  if (newChannel) {
    const meaning = $("#meaning-text");
    const say = () => {
      const form = new FormData(newChannel);
      const parts = [{
        both: "You and whoever holds a token you make can write and read.",
        receive: "Whoever holds a token you make can leave messages and reads nothing.",
        broadcast: "Only you write; whoever holds a token you make can read.",
      }[form.get("preset")]];
      if (form.get("public_read")) parts.push("Anyone who knows the address can read everything, without a token.");
      if (form.get("public_write")) parts.push("Anyone who knows the address can write, without a token.");
      if (form.get("sequenced")) parts.push("A side must have read everything new before it can write.");
      const [min, max] = [Number(form.get("min_days")), Number(form.get("max_days"))];
      if (min > 0) parts.push(`Messages cannot be deleted before ${min} day${min === 1 ? "" : "s"}.`);
      parts.push(max > 0 ? `Messages are deleted after ${max} day${max === 1 ? "" : "s"}.` : "Messages stay until somebody deletes them.");
      meaning.textContent = parts.join(" ");
    };
    newChannel.addEventListener("input", say);
  }

  // Keyboard.
  const rows = () => $$(".row .line").filter((line) => line.offsetParent);
  const current = () => document.activeElement.closest(".row");
  const move = (step) => {
    const lines = rows();
    const at = lines.indexOf($(".line", current() || document.createElement("i")));
    const next = lines[at < 0 ? (step > 0 ? 0 : lines.length - 1) : at + step];
    if (next) next.focus();
    return Boolean(next);
  };
  const press = (selector) => {
    const target = $(selector);
    if (target) target.click();
    return Boolean(target);
  };
  // Where the focus goes when the list is shown the next time: the row, or the one that took its place.
  const remember = (here) => sessionStorage.setItem("row", JSON.stringify([here.dataset.row, $$(".row").indexOf(here)]));
  const row = (act) => () => {
    const here = current();
    const button = here && $$("button[name=one]", here).find((one) => act.test(one.value));
    if (button) button.click();
    return Boolean(button);
  };
  // The list is loaded again with the answer; the focus is then on the row that was the next.
  const markAndMove = (act, step) => {
    const here = current();
    const lines = rows();
    const next = here && lines[lines.indexOf($(".line", here)) + step];
    if (!here || !row(act)()) return false;
    remember((next || $(".line", here)).closest(".row"));
    return true;
  };
  const keys = {
    j: () => (rows().length && list ? move(1) : press("#older")),
    k: () => (rows().length && list ? move(-1) : press("#newer")),
    o: () => { const here = current(); return Boolean(here) && (($(".line", here)).click(), true); },
    u: () => press("#back") || press(".crumb"),
    Escape: () => press("#back"),
    x: () => { const pick = current() && $(".pick", current()); if (pick) pick.click(); return Boolean(pick); },
    X: () => {
      const pick = current() && $(".pick", current());
      const to = picks.indexOf(pick);
      if (to < 0) return false;
      const from = anchor === null ? to : anchor;
      for (let i = Math.min(from, to); i <= Math.max(from, to); i += 1) picks[i].checked = true;
      return true;
    },
    m: () => markAndMove(/^(un)?read:/, 1) || press('[data-key="m"]'),
    M: () => markAndMove(/^(un)?read:/, -1),
    e: () => markAndMove(/^read:/, 1) || press('.row[aria-current="true"] + .row .line') || press("#older"),
    U: () => row(/^unread:/)() || press('[data-key="m"]'),
    "#": () => row(/^delete:/)() || press('[data-key="#"]'),
    a: () => press('button[value="read-shown"]') || press('[data-key="a"]'),
    "[": () => press(".pager [rel=prev]"),
    "]": () => press(".pager [rel=next]"),
    "/": () => { const field = $("#q"); if (!field || !field.offsetParent) return go("/search"), true; field.focus(); field.select(); return true; },
    c: () => { const field = $("#text"); if (!field) return press('a[href$="#write"]'); field.focus(); return true; },
    n: () => (go("/channels/new"), true),
    ".": () => press("#show-new") || press("#check"),
    "?": () => (go("/help/shortcuts"), true),
    "g i": () => (go("/inbox"), true),
    "g c": () => (go("/channels"), true),
    "g t": () => press('.tabs a[href$="/tokens"]'),
    "g p": () => (go("/profile"), true),
  };
  let prefix = "";
  let prefixTimer = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form && event.target.id === "text") {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.key === "Escape") {
      const menu = $("details.pop[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); return; }
      if (event.target.closest("input, textarea, select")) { event.target.blur(); return; }
    }
    // Would send the form, without saying what for.
    if (event.key === "Enter" && event.target.matches(".pick")) event.preventDefault();
    if (!root.dataset.keys || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("textarea, select, input:not([type=checkbox], [type=radio]), [contenteditable]")) return;
    clearTimeout(prefixTimer);
    if (!prefix && event.key === "g") {
      prefix = "g ";
      prefixTimer = setTimeout(() => { prefix = ""; }, 1500);
      return;
    }
    const action = keys[prefix + event.key];
    prefix = "";
    if (action && action()) event.preventDefault();
  });

  // Back from a message, the row it was opened from has the focus again, or the one that took its place.
  if (list) {
    list.addEventListener("click", (event) => {
      const line = event.target.closest(".line");
      if (!line) return;
      remember(line.closest(".row"));
    });
    const [key, index] = JSON.parse(sessionStorage.getItem("row") || "[]");
    sessionStorage.removeItem("row");
    const all = $$(".row");
    const last = key && (all.find((one) => one.dataset.row === key) || all[Math.min(index, all.length - 1)]);
    if (last) $(".line", last).focus();
  }

  // Live updates over server-sent events. New messages raise a pill; nothing that is shown moves by itself.
  const source = document.body.dataset.events;
  const live = $("#live");
  if (!source || !live || !("EventSource" in window)) return;
  const pill = $("#pill");
  const title = document.title.replace(/^\([\d\u202f+]+\) /, "");
  const announce = $("#announce");
  let unread = Number(document.body.dataset.unread) || 0;
  // Counting ends somewhere; then there are more than that.
  let more = "more" in document.body.dataset;
  let last = Number(/from=(\d+)/.exec(source)?.[1]) || 0;
  let fresh = 0;
  let announced = 0;
  let announcing = 0;
  let events = null;
  let wait = 1000;
  let silence = 0;
  let again = 0;
  const show = (state, text) => {
    live.hidden = false;
    live.dataset.state = state;
    $(".word", live).textContent = text;
    live.title = text;
  };
  const paint = () => {
    const words = String(unread).replace(/\B(?=(\d{3})+$)/g, "\u202f") + (more ? "+" : "");
    document.title = (unread > 0 ? `(${words}) ` : "") + title;
    for (const count of $$("[data-count]")) {
      if (unread > 0) count.firstChild.textContent = words;
      count.hidden = unread === 0;
    }
    // The list stays as it is, but does not say that nothing is unread.
    const caughtUp = $("#caught-up");
    if (caughtUp) {
      caughtUp.hidden = unread > 0;
      $("#came").hidden = unread === 0;
      $("#summary").textContent = unread > 0 ? `${words} unread` : "Nothing unread";
    }
    if (navigator.setAppBadge && unread > 0) navigator.setAppBadge(unread).catch(() => {});
  };
  const raise = () => {
    if (!fresh) return;
    let button = $("#show-new");
    if (!button) {
      button = document.createElement("button");
      button.id = "show-new";
      button.type = "button";
      button.className = "btn main tiny";
      pill.append(button);
    }
    const words = () => (fresh === 1 ? "1 new message" : `${fresh} new messages`);
    button.textContent = words();
    // Said aloud at most twice a minute, however many come.
    announcing ||= setTimeout(() => {
      announcing = 0;
      announced = Date.now();
      announce.textContent = words();
    }, Math.max(0, announced + 30000 - Date.now()));
    const check = $("#check");
    if (check) check.textContent = "Show new messages";
  };
  const count = (now, andMore) => {
    if (now > unread) { fresh += now - unread; raise(); }
    unread = now;
    more = Boolean(andMore);
    paint();
  };
  // One stream for the whole browser, as servers of HTTP/1.1 get few connections from it: the page in front holds it and
  // tells the others. Without locks, which plain http has not, each page has its own while it can be seen.
  const shared = navigator.locks && "BroadcastChannel" in window ? new BroadcastChannel(`peerbox${base}`) : null;
  let release = null;
  let queued = null;
  let taking = false;
  const tellOthers = (event) => {
    if (shared) shared.postMessage({ event, last, unread, more, state: live.dataset.state, text: live.title });
  };
  const report = (state, text) => { show(state, text); tellOthers(false); };
  const heard = (event) => {
    let data = {};
    try { data = JSON.parse(event.data); } catch { return; }
    last = Number(event.lastEventId) || last;
    if (typeof data.unread !== "number") return;
    count(data.unread, data.more);
    tellOthers(true);
  };
  // The page stays, with whatever is being written on it; it is the reader who goes to sign in.
  const signedOut = () => {
    if ($("#signed-out")) return;
    const note = document.createElement("p");
    note.id = "signed-out";
    note.className = "note warn";
    note.setAttribute("role", "alert");
    const link = document.createElement("a");
    link.href = `${base}/login?next=${encodeURIComponent(location.pathname.slice(base.length) + location.search)}`;
    link.target = "_blank";
    link.textContent = "Sign in again";
    const words = document.createElement("span");
    words.append("You are signed out here. What you see may be old. ", link, " in a new tab, then reload this page.");
    note.append(words);
    $("#main").prepend(note);
  };
  const open = () => {
    close();
    if ($("#signed-out")) return;
    events = new EventSource(source.replace(/from=.*/, `from=${last}`));
    events.addEventListener("open", () => { wait = 1000; report("on", "Live"); listening(); });
    for (const type of ["message", "read", "resync"]) events.addEventListener(type, heard);
    for (const type of ["message", "read", "resync", "ping"]) events.addEventListener(type, listening);
    events.addEventListener("session-ended", () => {
      close();
      show("off", "Signed out");
      signedOut();
    });
    events.addEventListener("server-restart", later);
    events.onerror = later;
    listening();
  };
  // The server says something at least every 25 seconds; one that does not is gone, although nobody closed the line.
  const listening = () => {
    clearTimeout(silence);
    silence = setTimeout(later, 35000);
  };
  const later = () => {
    close();
    wait = Math.min(wait * 2, 60000);
    if (wait > 15000 || !navigator.onLine) report("off", "Offline");
    else report("wait", "Reconnecting");
    again = setTimeout(open, wait / 2 + Math.random() * 1000);
  };
  const close = () => {
    clearTimeout(silence);
    clearTimeout(again);
    if (events) events.close();
    events = null;
  };
  const join = (front) => {
    if (release || taking) return;
    taking = front;
    if (queued) queued.abort();
    const waiting = front ? null : new AbortController();
    queued = waiting;
    navigator.locks.request(`peerbox-events${base}`, front ? { steal: true } : { signal: waiting.signal }, () => {
      taking = false;
      open();
      return new Promise((done) => { release = done; });
    }).catch(() => {
      // Given up for another request of this page, or taken by the page that is in front now.
      if (waiting && waiting.signal.aborted) return;
      close();
      release = null;
      taking = false;
      join(false);
    });
  };
  const leave = () => {
    close();
    if (queued) queued.abort();
    if (release) release();
    release = queued = null;
  };
  const enter = () => {
    const seen = document.visibilityState === "visible";
    if (shared) join(seen);
    else if (!seen) close();
    else if (!events) open();
  };
  if (shared) {
    shared.addEventListener("message", ({ data }) => {
      if (data.hello) { if (release) tellOthers(false); return; }
      if (release) return;
      show(data.state, data.text);
      // This page may be younger than what the other one last heard.
      if (!data.event && data.last <= last) return;
      last = data.last;
      count(data.unread, data.more);
    });
    shared.postMessage({ hello: true });
  }
  enter();
  document.addEventListener("visibilitychange", () => { if (!shared || document.visibilityState === "visible") enter(); });
  window.addEventListener("offline", () => { if (events) later(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => { if (event.persisted) enter(); });
})();
