"""Sockets: ten thousand that are held open, clients that are gone without a word, and those that take next to nothing."""

import asyncio
import base64
import ctypes
import http.client
import itertools
import json
import math
import os
import socket
import struct
import time
from functools import partial

from attack import Attack
from hostile import answer, basic, request, send, swarm, until_ended
from installation import PASSWORD, USER

# Of one token, as is the default.
MOST_OF_TOKEN = 100
PING, PONG = 0x89, 0x8A
# Of Linux, which Python has no name for.
ATTACH_FILTER = 26
# A client that is gone is noticed by a ping after 30 seconds, which for 30 more nobody acknowledges.
NOTICED_AFTER = 75
# Descriptors of a server whose clients are gone, but for the witness and the files.
FEW = 100
# Connections of one address, as is the default.
MOST_OF_ADDRESS = 256


class Channel:
    """A channel of the same account, with tokens for so many sockets."""

    def __init__(self, target, sockets):
        self.connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
        rights = {"public_read": False, "public_write": False, "sequenced": False}
        retention = {"min_age_days": None, "max_age_days": None, "auto_prune": False}
        made = self.call("", {**rights, "retention": retention})
        self.id, self.writer = made["id"], made["access_tokens"][0]["token"]
        right = {"description": "a socket", "can_read": True, "can_write": False}
        self.tokens = [self.call(f"/{self.id}/api-token", right)["token"] for _ in range(-(-sockets // MOST_OF_TOKEN))]

    def call(self, path, body):
        name, value = basic(USER, PASSWORD).split(": ")
        fields = {name: value, "content-type": "application/json"}
        self.connection.request("POST", f"/api/v1/account/1/channel{path}", json.dumps(body), fields)
        reply = self.connection.getresponse()
        text = reply.read()
        assert reply.status == 200, text
        return json.loads(text)

    async def open(self, reader, writer, number):
        """Makes the connection a socket; tells the answer's status."""
        key = base64.b64encode(os.urandom(16)).decode()
        await send(writer, request(
            "GET", f"/api/v1/channel/{self.id}/notify", f"authorization: Bearer {self.tokens[number // MOST_OF_TOKEN]}",
            "connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13", f"sec-websocket-key: {key}"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (byte := await reader.read(1)):
                raise EOFError
            head += byte
        return int(head.split()[1])


async def idle(target, count):
    """They do what sockets do: nothing, but for answering pings. One more than a token may have is refused."""
    channel, few, opened = Channel(target, count), asyncio.Semaphore(64), itertools.count(1)

    async def hold(number):
        async with few:
            reader, writer = await target.connect()
            status = await channel.open(reader, writer, number)
        if status != 101:
            return target.complain(f"a socket was answered {status}")
        if next(opened) == count and (status := await channel.open(*await target.connect(), 0)) != 429:
            target.complain(f"one socket more than a token may have was answered {status}")
        try:
            while (await reader.readexactly(2))[0] == PING:
                await send(writer, bytes([PONG, 0x80, 0, 0, 0, 0]))
        except (OSError, EOFError):
            pass
        target.complain("a socket was ended")

    await asyncio.gather(*(hold(number) for number in range(count)))


async def reset(target, count):
    """They give up their connection without a farewell, and come again."""
    channel = Channel(target, count)

    async def script(reader, writer, number):
        await asyncio.sleep(number / 2000)
        await channel.open(reader, writer, number)
        await asyncio.sleep(0.5)

    await swarm(target, count, script)


async def silent(target, count):
    """They acknowledge nothing any more, as if their cable were cut: a filter on the connection drops all that comes."""
    channel = Channel(target, count)
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(nothing))

    async def script(reader, writer, number):
        await asyncio.sleep(number / 500)
        if await channel.open(reader, writer, number) == 101:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)
            await asyncio.sleep(3600)

    await swarm(target, count, script)


def are_noticed(witness):
    """Whoever fell silent has no connection any more, while its own end still stands. Begins half way through."""
    until = time.monotonic() + NOTICED_AFTER / 2
    faults = are_open(witness, least=1000)
    while descriptors(witness) > FEW and time.monotonic() < until:
        time.sleep(0.5)
    return faults + are_open(witness, most=0)


def are_open(witness, least=0, most=math.inf):
    """Whether so many connections are open, give or take a few."""
    held = descriptors(witness)
    return [] if least <= held <= most + FEW else [f"{held} descriptors are held"]


def descriptors(witness):
    return len(os.listdir(f"/proc/{witness.installation.process.pid}/fd"))


async def slow(target, count):
    """Half of them hold sockets where much is written, the others ask for long lists; they take a byte now and then."""
    channel = Channel(target, count)

    def write(length):
        return request("POST", f"/api/v1/channel/{channel.id}", f"authorization: Bearer {channel.writer}",
                       "content-type: text/plain", f"content-length: {length}", body=b"x" * length)

    async def go_on():
        reader, writer = await target.connect()
        for _ in range(100):
            await send(writer, write(32768))
            await answer(reader)
        while True:
            await send(writer, write(1))
            await answer(reader)

    async def script(reader, writer, number):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        await asyncio.sleep(1 + number / 1000)
        if number % 2:
            await channel.open(reader, writer, number)
        else:
            token = channel.tokens[number // MOST_OF_TOKEN]
            await send(writer, request("GET", f"/api/v1/channel/{channel.id}", f"authorization: Bearer {token}"))
        while await reader.read(1):
            await asyncio.sleep(1)

    await asyncio.gather(go_on(), swarm(target, count, script))


async def of_one_address(target, count):
    """From an address of this machine that is not loopback, which is not counted."""
    async def script(reader, writer, number):
        await asyncio.sleep(number / 2000)
        await send(writer, request("GET", "/healthz"))
        await until_ended(reader, 3600)

    await swarm(target, count, script)


# As an operator sets it who expects so many: some of the places are kept for newcomers.
MANY = ['limits.connections = "12000"']

ATTACKS = {
    "sockets-of-one-address": Attack(partial(of_one_address, count=500), by_own_address=True,
                                     meanwhile=partial(are_open, least=MOST_OF_ADDRESS, most=MOST_OF_ADDRESS)),
    "resetting-sockets": Attack(partial(reset, count=1000), connections=1000),
    "slow-readers": Attack(partial(slow, count=500), connections=500, most=160),
    "silent-sockets": Attack(partial(silent, count=1000), connections=1000, lasts=80, meanwhile=are_noticed),
    "idle-sockets": Attack(partial(idle, count=10_000), connections=10_000, settings=MANY, lasts=40, most=64,
                           meanwhile=partial(are_open, least=10_000)),
}
