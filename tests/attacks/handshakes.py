"""TLS handshakes that are begun and not gone on with."""

import asyncio

from attack import Attack
from hostile import send, swarm, until_ended

TIMEOUT, SLACK = 2, 3

# The first bytes of a handshake's record that announces 512 of them.
BEGINNING = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


async def run(target):
    async def script(reader, writer, number):
        await asyncio.sleep(number / 500)
        await send(writer, BEGINNING)
        if not await until_ended(reader, TIMEOUT + SLACK):
            target.complain("a handshake was waited for longer than server.header_timeout")

    await swarm(target, 1000, script)


ATTACKS = {
    "slow-handshakes": Attack(run, connections=1000, tls=True, settings=[f'server.header_timeout = "{TIMEOUT}s"'])
}
