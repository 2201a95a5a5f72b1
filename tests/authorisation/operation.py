"""The operations of the document, and what everybody sends to them."""

import json

from machine import USER
from rules import CALLERS, OPERATIONS
from world import FORM, MISSING_CHANNEL, OTHER_SITE, basic

BODIES = {"NewChannel": {"retention": {"auto_prune": False}}, "NewSettings": {"public_read": False},
          "NewToken": {"description": "made"}, "Mark": {"read": True}, "Device": {"token": "another device"}}
UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
           ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]
MISSING = {"account": "4711", "channel": MISSING_CHANNEL, "sequence": "4711", "token": "4711", "device": "no such device"}


class Operation:
    def __init__(self, method, path, described):
        self.method, self.path, self.described = method.upper(), path, described
        self.name = f"{self.method} {path}"
        self.needs, self.success = OPERATIONS[self.name]
        contents = described.get("requestBody", {}).get("content", {})
        self.kind = next(iter(contents), None)
        schema = contents.get(self.kind, {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        self.body = json.dumps(BODIES[schema]).encode() if schema else b"text" if contents else None

    def ask(self, world, names, headers, query=""):
        kind = "text/plain" if self.kind == "*/*" else self.kind
        own = {name.lower() for name, _ in headers}
        extra = [("Content-Type", kind)] if kind and "content-type" not in own else []
        extra += UPGRADE if self.path.endswith("/notify") else []
        return world.ask(self.method, self.path.format(**names) + query, [*headers, *extra], self.body)

    def is_documented(self, status):
        return str(status) in self.described["responses"]


def operations(document):
    found = [(method, path, one) for path, item in document["paths"].items() for method, one in item.items()]
    missing = {f"{method.upper()} {path}" for method, path, _ in found} ^ set(OPERATIONS)
    assert not missing, f"operations without a rule, or rules without an operation: {sorted(missing)}"
    return [Operation(*one) for one in found]


def callers(world, channel):
    """What everybody sends."""
    mine, second, other = channel.tokens, *(one.tokens for one in world.others)
    bearers = {"unknown token": MISSING_CHANNEL, "empty token": "", "revoked token": mine["revoked"], "token that ended": world.token_at_end,
               "token of a deleted channel": world.gone.tokens["owner"], "owner token": mine["owner"],
               "a password as token": "correct password",
               "reading and writing": mine["rw"], "read-only": mine["r"], "write-only": mine["w"], "without a right": mine["none"],
               "writing without deleting": mine["kept"], "other channel's token": second["owner"], "other account's token": other["owner"],
               "other channel's reader": second["r"], "other channel's writer": second["w"]}
    basics = {"holder": basic(USER), "another user of the account": basic("colleague"), "other account": basic("other"),
              "wrong password": basic(USER, "wrong password"), "unknown user": basic("nobody at all"),
              "disabled user": basic("disabled"), "user of a disabled account": basic("shut"),
              "another scheme": "Digest " + mine["owner"]}
    cookie = [("Cookie", "; ".join(f"{name}={value}" for name, value in world.holder.cookies.items()))]
    ended = [("Cookie", "; ".join(f"{name}={value}" for name, value in world.ended.cookies.items()))]
    form = [*OTHER_SITE.items(), *FORM.items()]
    sent = {"nobody": [], "a session's cookie": cookie, "an ended session's cookie": ended, "a form of another site": cookie + form,
            "two headers": [("Authorization", basic(USER)), ("Authorization", f"Bearer {mine['owner']}")]}
    sent |= {name: [("Authorization", f"Bearer {token}")] for name, token in bearers.items()}
    sent |= {name: [("Authorization", value)] for name, value in basics.items()}
    assert set(sent) == CALLERS, set(sent) ^ CALLERS
    return sent
