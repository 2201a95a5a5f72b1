"""Connections that are opened and not used."""

import asyncio
from functools import partial

from attack import Attack
from hostile import swarm, until_ended


async def run(target, count):
    async def script(reader, _, number):
        # Not all at once, or it would be the queue of the kernel that is attacked.
        await asyncio.sleep(number / 2000)
        await until_ended(reader, 3600)

    await swarm(target, count, script)


ATTACKS = {
    "idle": Attack(partial(run, count=1500), connections=1000),
    # There are not enough descriptors for all, and no more to be had.
    "idle-and-scarce": Attack(partial(run, count=1500), connections=1000, descriptors=(512, 512)),
}
