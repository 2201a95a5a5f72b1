"""The matrix of the pages: every path in the tables of the source, by everybody, and forms from elsewhere."""

import re
from pathlib import Path

from browser import Page
from machine import ROOT
from rules import BY_LINK_ALONE, CONFIRMED, OPEN_PAGES, OPERATORS
from world import MISSING_CHANNEL, OTHER_SITE, Channel

ROUTE = re.compile(r"\b(get|post)\(\s*\"(/[^\"]*)\"")
KEY = "libsodium sealed_box " + "B" * 42 + "A="
# Enough for any action to be done, if it were allowed.
FIELDS = {"sure": "yes", "do": "disable", "text": "text", "description": "words", "name": "words", "act": "delete", "all": "yes", "read": "yes",
          "label": "words", "query": "words", "key": KEY, "user": "somebody", "account": "somebody", "can_read": "yes", "greeting": "words"}
MISSING = {"channel": MISSING_CHANNEL, "token": "4711", "sequence": "4711", "account": "4711", "user": "4711", "key": "4711",
           "name": "peerbox-nothing.db", "webhook": "4711", "browser": "4711", "shown": "none"}
# What these show is the holder's alone, whatever stands in the path.
WITHOUT_OWNER = {"/c/{channel}", "/assets/{version}/{name:.*}"}
# Answered to the holder with something else than a page.
HOLDERS_GET = {"/": 303, "/login": 303, "/setup": 410}


def routes():
    found = {(method.upper(), path) for file in sorted((ROOT / "src/web").rglob("*.rs")) for method, path in ROUTE.findall(Path(file).read_text())}
    named = {f"{method} {path}" for method, path in found}
    assert CONFIRMED <= named and OPEN_PAGES <= {path for _, path in found}, "rules for pages that there are not"
    return sorted(found)


class Pages:
    def __init__(self, world, faults):
        self.world, self.faults, self.calls = world, faults, 0
        self.channel = Channel(world)
        world.show_picture(self.channel)
        csrf = self.csrf(world.holder)
        assert world.holder.post("/profile/keys", {"csrf": csrf, "key": KEY}).status == 303
        assert world.holder.post("/admin/backups", {"csrf": csrf}).status == 303
        # Names that nobody has.
        made = world.holder.post(f"/channels/{self.channel.id}/webhooks", {"csrf": csrf, "address": "https://hook.invalid/hook", "form": "standard"})
        assert made.status == 303, made.text
        webhook = re.search(r"/webhooks/(\d+)", world.holder.get(f"/channels/{self.channel.id}/webhooks").text).group(1)
        keys = {"p256dh": "BAQE" + "BAQE" * 20 + "BAQ", "auth": "BwcHBwcHBwcHBwcHBwcHBw"}
        told = world.holder.post("/profile/notifications/browsers", {"csrf": csrf, "endpoint": "https://push.invalid/push", **keys})
        assert told.status == 303, told.text
        browser = re.search(r"/notifications/(\d+)/test", world.holder.get("/profile/notifications").text).group(1)
        name = re.search(r"/admin/backups/([^\"]+)\"", world.holder.get("/admin/backups").text).group(1)
        self.names = {"channel": self.channel.id, "token": self.channel.ids["r"], "sequence": "1", "account": "2", "user": "2", "key": "1",
                      "name": name, "webhook": webhook, "browser": browser, "version": "none",
                      "shown": "1.none"}
        self.other = world.browser("other")
        self.locked, self.locked_operator = world.browser("colleague"), world.browser("username")
        for one in (self.locked, self.locked_operator):
            assert one.post("/step-up/close", {"csrf": self.csrf(one)}).status == 303
        self.tokens = {id(one): self.csrf(one) for one in (world.holder, self.other, self.locked, self.locked_operator)}
        self.before = self.state()

    def csrf(self, browser):
        return browser.token("/profile")

    def state(self):
        return self.world.state(self.channel, *self.world.others), self.world.holder.get("/channels").text.count("<form")

    def path(self, path, names):
        return re.sub(r"\{(\w+)[^}]*\}", lambda found: names[found.group(1)], path)

    def expect(self, what, answer, *wanted):
        self.calls += 1
        seen = f"{answer.status} {answer.location.partition('?')[0]}".strip()
        if seen not in wanted:
            self.faults.append(f"{what}: {seen}, expected {' or '.join(wanted)}")

    def unchanged(self, what):
        if self.state() != self.before:
            self.faults.append(f"{what}: refused, but something changed")
            self.before = self.state()

    def all(self):
        for method, path in routes():
            if path == BY_LINK_ALONE:
                self.by_link_alone(method, path)
                continue
            self.get(path) if method == "GET" else self.post(path)
        return self.calls

    def by_link_alone(self, method, path):
        holder = self.world.holder
        for who, browser in (("its holder", holder), ("another account", self.other), ("nobody", self.nobody())):
            call = browser.get if method == "GET" else lambda place, browser=browser: browser.post(place, {}, OTHER_SITE)
            for names in (self.names, MISSING):
                self.expect(f"{method} {path} by {who}", call(self.path(path, names)), "404")
        self.unchanged(f"{method} {path}")

    def get(self, path):
        name, place = f"GET {path}", self.path(path, self.names)
        world = self.world
        if path not in OPEN_PAGES:
            for who, browser in (("nobody", self.nobody()), ("an ended session", world.ended), ("a disabled user", world.at_disabled)):
                self.expect(f"{name} by {who}", browser.copy().get(place), "303 /login")
        if path in WITHOUT_OWNER:
            return
        self.expect(f"{name} by its holder", world.holder.get(place), f"{HOLDERS_GET.get(path, 200)} {self.onward(path)}".strip())
        locked = self.locked_operator if path.startswith(OPERATORS) else self.locked
        wanted = "303 /step-up" if name in CONFIRMED else f"{HOLDERS_GET.get(path, 200)} {self.onward(path)}".strip()
        self.expect(f"{name} by somebody unconfirmed", locked.get(place), wanted)
        if path.startswith(OPERATORS) or "{" in path:
            self.same_as_missing(name, lambda names: self.other.get(self.path(path, names)))

    def onward(self, path):
        return "/inbox" if path in ("/", "/login") else ""

    def post(self, path):
        name, place, holder = f"POST {path}", self.path(path, self.names), self.world.holder
        own = {**FIELDS, "csrf": self.tokens[id(holder)]}
        for what, headers in (("another site", OTHER_SITE), ("another site, by its origin alone", {"Origin": OTHER_SITE["Origin"]}),
                              ("a sandboxed page", {"Origin": "null"}), ("nowhere", {}),
                              ("the same site, other origin", {"Origin": holder.origin, "Sec-Fetch-Site": "same-site"})):
            self.expect(f"{name} from {what}", holder.post(place, own, headers), *(["403"] if "/c/" not in path else ["403", "404"]))
        if path not in OPEN_PAGES:
            for what, token in (("no token", ""), ("another session's token", self.tokens[id(self.other)])):
                self.expect(f"{name} with {what}", holder.post(place, {**FIELDS, "csrf": token}), "403")
            for who, browser in (("nobody", self.nobody()), ("an ended session", self.world.ended), ("a disabled user", self.world.at_disabled)):
                self.expect(f"{name} by {who}", browser.copy().post(place, own), "303 /login", "401")
        if name in CONFIRMED or path.startswith(OPERATORS):
            locked = self.locked_operator if path.startswith(OPERATORS) else self.locked
            fields = {**FIELDS, "csrf": self.tokens[id(locked)]}
            # The page that asks for the password, with what waits for it.
            self.expect(f"{name} by somebody unconfirmed", locked.post(place, fields), "401")
        if path.startswith(OPERATORS) or "{" in path and path not in WITHOUT_OWNER:
            fields = {**FIELDS, "csrf": self.tokens[id(self.other)]}
            self.same_as_missing(name, lambda names: self.other.post(self.path(path, names), fields))
        self.unchanged(name)

    def same_as_missing(self, name, call):
        """To somebody of another account it is not there, in the same words as what is nowhere."""
        theirs, missing = (self.seen(call(names), names) for names in (self.names, {**self.names, **MISSING}))
        self.calls += 2
        # What is wrong with the form itself may be said first.
        if theirs != missing or theirs[0] not in (404, 400):
            self.faults.append(f"{name} by another account: {theirs[0]}, for none: {missing[0]}, expected 404 or 400 in the same words")

    def seen(self, answer, names):
        """An answer without what is new in each, or was asked for."""
        text = Page(answer.text).text if answer.is_page else answer.text
        # The number of the request first: it may have another of these in it.
        for value in (answer.headers.get("x-request-id", ""), *names.values()):
            text = text.replace(value, "*") if len(value) > 3 else text
        return answer.status, text

    def nobody(self):
        browser = self.world.holder.copy()
        browser.cookies = {}
        return browser
