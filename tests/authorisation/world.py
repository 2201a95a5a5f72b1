"""A server with everybody on it who may call, and things for them to reach for."""

import base64
import contextlib
import datetime
import http.client
import json
import sqlite3
import time
import zlib

from browser import Browser
from machine import PASSWORD, USER, Machine

# Nobody is slowed down: every refusal here has to be one for a lack of rights.
SETTINGS = ('limits.login = "1000000 per 1m"', 'limits.anonymous = "1000000 per 1m"', "limits.channels_per_account = 1000000")
MISSING_CHANNEL = "A" * 43
OTHER_SITE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# What differs from one answer to the next without telling anything.
VOLATILE = {"date", "x-request-id", "traceId"}


def basic(user, password=PASSWORD):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def picture():
    """A PNG of one pixel."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    head = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\10\2\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")


class Channel:
    """A channel with tokens of every kind, two messages of which none knows the writer, a device and a picture."""

    def __init__(self, world, user=USER, account=1, public=False):
        self.world, self.account, self.auth = world, account, basic(user)
        settings = {"public_read": public, "public_write": public, "retention": {"auto_prune": False}}
        made = world.json("POST", f"/account/{account}/channel", settings, self.auth)
        self.id, self.tokens, self.ids = made["id"], {}, {}
        self.tokens["owner"] = made["access_tokens"][0]["token"]
        for name, can in {"rw": "rw", "r": "r", "w": "w", "none": "", "kept": "rw", "revoked": "rw", "author": "w"}.items():
            self.issue(name, can_read="r" in can, can_write="w" in can, can_delete=name != "kept")
        world.json("DELETE", f"{self.path}/api-token/{self.ids['revoked']}", None, self.auth)
        for text in (b"one", b"two"):
            world.json("POST", f"/channel/{self.id}", text, f"Bearer {self.tokens['author']}", "text/plain")
        self.issue("late", can_read=True, can_write=True)
        self.device = f"device-{self.id}"
        world.json("POST", "/pushnotifications", {"token": self.device}, f"Bearer {self.tokens['owner']}")

    @property
    def path(self):
        return f"/account/{self.account}/channel/{self.id}"

    def issue(self, name, **rights):
        made = self.world.json("POST", f"{self.path}/api-token", {"description": name, **rights}, self.auth)
        self.tokens[name], self.ids[name] = made["token"], made["id"]

    def names(self):
        """What the braces of a path stand for."""
        return {"account": str(self.account), "channel": self.id, "sequence": "1", "token": self.ids["r"], "device": self.device}


class World(Machine):
    last = None

    def start(self):
        for account, user in (("second", "other"), ("third", "shut")):
            self.peerbox("account", "create", account, "--user", user, "--password-stdin", typed=PASSWORD)
        for user in ("colleague", "disabled"):
            self.peerbox("user", "add", user, "1", "--password-stdin", typed=PASSWORD)
        self.serve()
        self.holder = self.browser(USER)
        self.users = {one["name"]: one for one in json.loads(self.peerbox("user", "list", "--json"))}
        self.at_disabled = self.browser("disabled")
        csrf = self.holder.token("/admin")
        for what, one in (("users", self.users["disabled"]["id"]), ("accounts", self.users["shut"]["account"])):
            assert self.holder.post(f"/admin/{what}/{one}", {"csrf": csrf, "do": "disable"}).status == 303
        self.ended = self.browser(USER)
        self.end_newest_session()
        self.others = [Channel(self), Channel(self, "other", 2)]
        self.token_at_end = self.token_that_ended(self.others[0])
        self.gone = Channel(self)
        self.json("DELETE", self.gone.path, None, self.gone.auth)

    def delete_last(self):
        """The channel before the next one, so that the lists stay short."""
        if self.last:
            self.ask("DELETE", f"/api/v1{self.last.path}", [("Authorization", self.last.auth)])

    def browser(self, user):
        return Browser(self.port).sign_in(user, PASSWORD)

    def end_newest_session(self):
        """As if it had been begun a year ago."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as file, file:
            file.execute("update session set created_at = 1, seen_at = 1 where id = (select max(id) from session)")

    def ask(self, method, path, headers=(), body=None):
        """An answer as (status, what else there is to see of it)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest(method, path)
        for name, value in [*headers, *([("Content-Length", str(len(body)))] if body is not None else [])]:
            connection.putheader(name, value)
        connection.endheaders(body)
        with contextlib.closing(connection):
            answer = connection.getresponse()
            text = b"" if answer.status == 101 else answer.read()
        seen = sorted((name, value) for name, value in answer.getheaders() if name.lower() not in VOLATILE)
        with contextlib.suppress(ValueError):
            said = json.loads(text)
            text = {name: value for name, value in said.items() if name not in VOLATILE} if isinstance(said, dict) else said
        return answer.status, (seen, text)

    def json(self, method, path, body, authorization, kind="application/json"):
        text = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        status, (_, answer) = self.ask(method, "/api/v1" + path, [("Authorization", authorization), ("Content-Type", kind)], text)
        assert status in (200, 204), f"{method} {path}: {status} {answer}"
        return answer

    def show_picture(self, channel):
        page = f"/channels/{channel.id}/welcome"
        answer = self.holder.post_parts(page, [("csrf", self.holder.token(page))], [("picture", "p.png", picture())])
        assert answer.status == 303, answer.text

    def state(self, *channels):
        """All that a holder can see, to tell whether a refused call did anything."""
        lists = [self.json("GET", f"/account/{account}/channel/list", None, basic(user)) for user, account in ((USER, 1), ("other", 2))]
        reads = [self.json("GET", f"/channel/{one.id}", None, f"Bearer {one.tokens[name]}") for one in channels for name in ("owner", "rw")]
        return lists, reads

    def token_that_ended(self, channel):
        """The secret of one that has ended by itself."""
        soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
        channel.issue("ended", can_read=True, can_write=True, expires_at=f"{soon:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z")
        token, deadline = channel.tokens["ended"], time.monotonic() + 20
        while self.ask("GET", f"/api/v1/channel/{channel.id}", [("Authorization", f"Bearer {token}")])[0] == 200:
            assert time.monotonic() < deadline, "the token does not end"
            time.sleep(0.05)
        return token
