"""What attacks are made of: connections that follow a script, and bytes to send over them."""

import asyncio
import base64
import itertools
import random
import socket
import struct
import time

from installation import reset_when_closed


class Target:
    """The server as an attacker knows it. `witness` is what a holder of a token would know too."""

    def __init__(self, installation, witness, complain):
        self.port = installation.port
        self.address = installation.hostile_address
        self.tls = installation.tls
        self.token, self.channel = witness.token, witness.channel
        self.tell, self.told = complain, set()
        self.context = installation.tls_context()
        self.http2_context = installation.tls_context(("h2",))

    def complain(self, fault):
        """Once each: nobody listens before the end, and the pipe is short."""
        if fault not in self.told:
            self.told.add(fault)
            self.tell(fault)

    async def connect(self, context=None):
        """A connection of which nothing is read before the script asks for it."""
        connection = socket.socket()
        connection.setblocking(False)
        reset_when_closed(connection)
        try:
            await asyncio.get_running_loop().sock_connect(connection, self.address)
            return await asyncio.open_connection(sock=connection, limit=1, ssl=context, server_hostname="x" if context else None)
        except BaseException:
            connection.close()
            raise


async def swarm(target, count, script, context=None):
    """Keeps so many connections. Each follows the script until the server ends it, and then begins again."""

    async def one(number):
        while True:
            writer = None
            try:
                reader, writer = await target.connect(context)
                await script(reader, writer, number)
            except (OSError, EOFError, asyncio.TimeoutError):
                await asyncio.sleep(0.05)
            finally:
                if writer:
                    writer.transport.abort()

    await asyncio.gather(*(one(number) for number in range(count)))


async def run_for(seconds, attack):
    try:
        await asyncio.wait_for(attack, seconds)
    except asyncio.TimeoutError:
        pass


async def send(writer, data):
    writer.write(data)
    # Whether the connection is lost is only found out in between.
    await asyncio.sleep(0)
    await writer.drain()


async def until_ended(reader, within):
    """Reads for nothing until the server ends the connection; tells whether it did so in time."""
    deadline = time.monotonic() + within
    while (rest := deadline - time.monotonic()) > 0:
        try:
            if not await asyncio.wait_for(reader.read(65536), rest):
                return True
        except asyncio.TimeoutError:
            return False
        except OSError:
            return True
    return False


async def answer(reader):
    """The status of an answer with a length, which is read to its end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await reader.readexactly(1)
    length = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    await reader.readexactly(int(length[0]) if length else 0)
    return int(head.split()[1])


def request(method, path, *headers, body=b""):
    lines = [f"{method} {path} HTTP/1.1", "host: x", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def basic(user, password):
    return "authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


_numbers = itertools.count(random.randrange(1 << 20))


def new_address():
    """An address that did not ask before."""
    number = next(_numbers)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


# HTTP/2, as far as an attacker needs it: frames, and heads in which nothing is compressed.

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS = 0, 1, 3, 4
INITIAL_WINDOW_SIZE = 4


def frame(kind, stream, payload, flags=0):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def hello(window):
    """The first bytes of a client that takes so many bytes of each answer."""
    return PREFACE + frame(SETTINGS, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, window)) + frame(SETTINGS, 0, b"", flags=1)


def get_stream(stream, path, fields=b""):
    """A whole request: `:method GET`, `:scheme https`, path and authority as literals, and other fields as they are."""
    path = path.encode()
    head = b"\x82\x87\x04" + bytes([len(path)]) + path + b"\x01\x01x" + fields
    return frame(HEADERS, stream, head, flags=5)
