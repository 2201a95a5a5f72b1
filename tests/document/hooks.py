"""What schemathesis cannot know: ids of things that are there, for most of its cases, and that reading may wait."""

import http.client
import json
import os
import random

import schemathesis
from machine import PASSWORD, USER
from world import basic

WORLD = json.loads(os.environ["PEERBOX_WORLD"])
# Most cases reach for what is there, the others for what was made up.
REAL = 0.7
# Nothing grows without end, or reading would take longer and longer.
KEPT_MESSAGES = 50
chance = random.Random(1)
written = []


def call(method, path, body, authorization, kind="application/json"):
    connection = http.client.HTTPConnection("127.0.0.1", WORLD["port"], timeout=30)
    text = json.dumps(body) if kind == "application/json" and body is not None else body
    connection.request(method, f"/api/v1{path}", text, {"Authorization": authorization, "Content-Type": kind})
    answer = connection.getresponse().read()
    connection.close()
    return json.loads(answer) if answer else None


def message():
    """The number of a new message, after the oldest of them was deleted."""
    if len(written) >= KEPT_MESSAGES:
        call("DELETE", f"/channel/{WORLD['channel']}/{written.pop(0)}", None, f"Bearer {WORLD['token']}")
    def write():
        return call("POST", f"/channel/{WORLD['channel']}", "text", f"Bearer {WORLD['token']}", "text/plain")
    made = write()
    if "sequence" not in made:
        # A case locked the channel.
        call("POST", f"/account/1/channel/{WORLD['channel']}", {"public_read": False, "public_write": False, "locked": False}, basic(USER, PASSWORD))
        made = write()
    written.append(made["sequence"])
    return str(made["sequence"])


def token():
    return call("POST", f"/account/1/channel/{WORLD['channel']}/api-token", {"description": "made"}, basic(USER, PASSWORD))["id"]


def channel_to_delete():
    return call("POST", "/account/1/channel", {"retention": {"auto_prune": False}}, basic(USER, PASSWORD))["id"]


def device():
    name = f"device-{chance.randrange(1000)}"
    call("POST", "/pushnotifications", {"token": name}, f"Bearer {WORLD['token']}")
    return name


def is_wrong_on_purpose(case, location):
    """Whether that part of the case was made to break a rule, which has to stay so."""
    parts = case.meta.components if case.meta else {}
    return any(part.value == location and info.mode.is_negative for part, info in parts.items())


@schemathesis.hook
def filter_query(context, query):
    """Without parameters that are empty, which count as absent, and such as there are not, which are ignored; the members of an
    object are such."""
    known = {one["name"] for one in context.operation.definition.raw.get("parameters", ()) if one["in"] == "query"}
    return all(value not in ("", [], None) and not isinstance(value, dict) and name in known for name, value in (query or {}).items())


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Real ids in the places of made-up ones. Nobody waits: there is never anything unread for the one who wrote it."""
    operation = case.operation
    deletes = operation.method == "delete" and operation.path.endswith("/channel/{channel}")
    makers = {"account": lambda: "1", "channel": channel_to_delete if deletes else lambda: WORLD["channel"], "sequence": message,
              "token": token, "device": device}
    if case.path_parameters and not is_wrong_on_purpose(case, "path") and chance.random() < REAL:
        for name in makers.keys() & case.path_parameters.keys():
            case.path_parameters[name] = makers[name]()
    if case.query and str(case.query.get("wait", "")).isdigit() and int(case.query["wait"]) <= 60:
        case.query["wait"] = "0"
