"""Bodies: large ones that are all but finished, slow ones, and those that nobody asked for."""

import asyncio

from attack import Attack
from hostile import request, send, swarm, until_ended

LARGE = 16 * 1024 * 1024
TIMEOUT, SLACK = 2, 3
FORM = "content-type: application/x-www-form-urlencoded"


def write(target, length):
    return request(
        "POST", f"/api/v1/channel/{target.channel}", f"authorization: Bearer {target.token}",
        "content-type: application/octet-stream", f"content-length: {length}",
    )


async def large(target):
    piece = bytes(256 * 1024)

    async def script(reader, writer, _):
        await send(writer, write(target, LARGE))
        refused = asyncio.ensure_future(until_ended(reader, 3600))
        try:
            for _ in range(LARGE // len(piece) - 1):
                await send(writer, piece)
                if refused.done():
                    return
            await refused
        finally:
            refused.cancel()

    await swarm(target, 100, script)


async def slow(target):
    visitor = request("POST", "/login", FORM, "content-length: 30000")
    starts = (visitor, write(target, 30000))

    async def script(reader, writer, number):
        await asyncio.sleep(number / 500)
        await send(writer, starts[number % len(starts)])
        ended = asyncio.ensure_future(until_ended(reader, TIMEOUT + SLACK))
        try:
            while not ended.done():
                await send(writer, b"x")
                await asyncio.wait([ended], timeout=0.5)
            if not ended.result():
                target.complain("a body was waited for longer than server.body_timeout")
        finally:
            ended.cancel()

    await swarm(target, 1000, script)


async def unread(target):
    starts = [request("POST", path, "transfer-encoding: chunked") for path in ("/healthz", "/nothing", "/login")]
    chunk = b"8000\r\n" + bytes(0x8000) + b"\r\n"

    async def script(_, writer, number):
        await send(writer, starts[number % len(starts)])
        while True:
            await send(writer, chunk)

    await swarm(target, 100, script)


ATTACKS = {
    # The bodies themselves may take 64 MiB, of which some is kept for small ones.
    "large-bodies": Attack(large, settings=['limits.message_bytes = "16M"'], most=96),
    "slow-bodies": Attack(slow, connections=1000, settings=[f'server.body_timeout = "{TIMEOUT}s"']),
    "unread-chunks": Attack(unread),
}
