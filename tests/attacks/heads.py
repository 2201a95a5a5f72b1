"""Heads that come byte by byte, on a connection whose first request was whole and in time."""

import asyncio
import time

from attack import Attack
from hostile import answer, request, send, swarm, until_ended

TIMEOUT, SLACK = 2, 3


async def run(target):
    async def script(reader, writer, number):
        await asyncio.sleep(number / 500)
        await send(writer, request("GET", "/healthz"))
        await answer(reader)
        begun = time.monotonic()
        ended = asyncio.ensure_future(until_ended(reader, TIMEOUT + SLACK))
        try:
            for byte in request("GET", "/healthz", "x: " + "x" * 1000):
                await send(writer, bytes([byte]))
                await asyncio.wait([ended], timeout=0.5)
                if ended.done():
                    break
        finally:
            ended.cancel()
        if time.monotonic() - begun > TIMEOUT + SLACK:
            target.complain("a head was waited for longer than server.header_timeout")

    await swarm(target, 1000, script)


ATTACKS = {"slow-heads": Attack(run, connections=1000, settings=[f'server.header_timeout = "{TIMEOUT}s"'])}
