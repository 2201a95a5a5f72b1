"""Open pages and sockets in great number, in a thread of their own: what each was told, and which ended."""

import asyncio
import base64
import http.cookiejar
import os
import re
import struct
import threading
import urllib.parse
import urllib.request

from machine import PASSWORD, USER

PATIENCE = 30
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Listeners:
    """Listens until the block ends."""

    def __init__(self, machine):
        self.machine = machine
        # By name, how often each was told something; and what ended though nobody ended it.
        self.told, self.ended = {}, []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.tasks = []

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        async def end():
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def socket(self, name, channel, query="", token=None):
        """Opens a WebSocket, by a token or by what the address says."""
        key = base64.b64encode(os.urandom(16)).decode()
        fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
        if token:
            fields["Authorization"] = f"Bearer {token}"
        self.listen(name, f"/api/v1/channel/{channel}/notify{query}", fields, 101, self.frames)

    def page(self, name, cookie):
        """Opens the stream of an open page."""
        self.listen(name, "/events", {"Cookie": cookie, "Accept": "text/event-stream"}, 200, self.events)

    def listen(self, name, path, fields, expected, follow):
        asyncio.run_coroutine_threadsafe(self.begin(name, path, fields, expected, follow), self.loop).result(PATIENCE)

    async def begin(self, name, path, fields, expected, follow):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.machine.port)
        head = "".join(f"{field}: {value}\r\n" for field, value in fields.items())
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.machine.port}\r\n{head}\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.split()[1] == str(expected).encode(), f"{name}: {answer}"
        self.told[name] = 0
        self.tasks.append(self.loop.create_task(self.follow(name, reader, writer, follow)))

    async def follow(self, name, reader, writer, follow):
        try:
            self.ended.append((name, await follow(name, reader, writer)))
        except (OSError, asyncio.IncompleteReadError) as error:
            self.ended.append((name, repr(error)))
        finally:
            writer.close()

    async def frames(self, name, reader, writer):
        while True:
            kind, length = await reader.readexactly(2)
            if length == 126:
                length = struct.unpack(">H", await reader.readexactly(2))[0]
            content = await reader.readexactly(length)
            if kind & 15 == TEXT:
                self.told[name] += 1
            elif kind & 15 == PING:
                # Masked by nothing but zeros.
                writer.write(bytes([128 | PONG, 128 | length, 0, 0, 0, 0]) + content)
            elif kind & 15 == CLOSE:
                return content

    async def events(self, name, reader, _):
        while line := await reader.readline():
            if line.startswith(b"event: message"):
                self.told[name] += 1
            elif line.startswith(b"event: ") and line.split()[1] in (b"session-ended", b"server-restart"):
                return line
        return "the end"


def cookie_of_session(machine):
    """Signs in as a browser does that is to be remembered."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"{machine.address}/login", timeout=PATIENCE).read().decode()
    form = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page))
    form |= {"user": USER, "password": PASSWORD, "next": "/inbox", "remember": "yes"}
    sent = urllib.request.Request(f"{machine.address}/login", urllib.parse.urlencode(form).encode(),
                                  {"Origin": machine.address})
    browser.open(sent, timeout=PATIENCE).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
