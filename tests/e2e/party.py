"""The Python party of the end-to-end exchange; `run` says what it proves.

It owns a channel and hands it over, takes the channel that the other party hands over, and holds a conversation in
both at once. Of the other party it knows an address, a token and a public key, and what the messages should be.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import os
import re
import ssl
import sys
import uuid
from pathlib import Path

import anyio
import httpx
import websockets
from nacl.public import PrivateKey, PublicKey, SealedBox

NAME = "python"
RECEIVED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
LONGEST_PLAINTEXT = 65536 - 48  # what sealing leaves of the server's limit


def plaintext(address, author, index, count):
    """What `author` says in message `index`: both programs compute it, neither tells the other."""
    length = 0 if index == 1 else LONGEST_PLAINTEXT if index == count else index * index * 37 % 5000
    blocks = (
        hashlib.sha256(f"{address} {author} {index} {block}".encode()).digest() for block in range(length // 32 + 1)
    )
    return b"".join(blocks)[:length]


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


class Server:
    """The server's API. A request that finds nobody at home is sent again, unchanged, until the deadline."""

    def __init__(self, ca):
        # HTTP/2 here, HTTP/1.1 in the other program; sockets need contexts that offer HTTP/1.1 alone.
        self.http = httpx.AsyncClient(verify=ssl.create_default_context(cafile=ca), http2=True, trust_env=False)
        self.socket_tls = ssl.create_default_context(cafile=ca)

    async def request(self, method, url, status=200, **options):
        while True:
            try:
                answer = await self.http.request(method, url, **options)
            except (httpx.TransportError, anyio.EndOfStream) as error:
                expect("CERTIFICATE_VERIFY_FAILED" not in str(error), f"the certificate is not trusted: {error}")
                await asyncio.sleep(0.1)
                continue
            if answer.status_code != 503:
                break
            await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
        expect(answer.http_version == "HTTP/2", f"{method} was answered over {answer.http_version}")
        # The address stays out of the message, because it may hold a token.
        expect(answer.status_code == status, f"{method} was answered with {answer.status_code}: {answer.text}")
        return answer

    async def socket(self, address, token):
        while True:
            try:
                url = f"{address.replace('https', 'wss', 1)}/notify?token={token}"
                return await websockets.connect(url, ssl=self.socket_tls, proxy=None)
            except ssl.SSLCertVerificationError:
                raise
            except OSError:
                await asyncio.sleep(0.1)
            except websockets.InvalidStatus as refused:
                # It is stopping.
                expect(refused.response.status_code == 503, f"no socket: {refused}")
                await asyncio.sleep(float(refused.response.headers.get("Retry-After", "1")))


class Conversation:
    """One channel with one token in it: writes `count` messages, and reads as many of the other party."""

    def __init__(self, server, address, token, me, them, keys, count):
        self.server, self.address, self.count = server, address, count
        self.me, self.them = me, them
        self.token, self.headers = token, {"Authorization": f"Bearer {token}"}
        self.secret, self.their_public = keys
        self.sent, self.received = {}, {}
        self.announced, self.found = set(), set()
        self.going_away = asyncio.Event()

    async def run(self, half):
        socket = await self.server.socket(self.address, self.token)
        await asyncio.gather(self.listen(socket), self.write_all(half))
        await self.compare()
        expect(len(self.announced) >= self.count // 2, f"only {len(self.announced)} messages were announced")
        print(f"{NAME}: as {self.me} sent {len(self.sent)}, received {len(self.received)},", end=" ")
        print(f"{len(self.announced)} of them announced", flush=True)

    async def write_all(self, half):
        for index in range(1, self.count + 1):
            if index == self.count // 2:
                half()
            if index > self.count // 2:
                await asyncio.sleep(0.01)  # The restart falls into these.
            if index == self.count * 3 // 4:
                await self.going_away.wait()
            sealed = SealedBox(self.their_public).encrypt(plaintext(self.address, self.me, index, self.count))
            headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": str(uuid.uuid4())}
            answer = await self.server.request("POST", self.address, headers=self.headers | headers, content=sealed)
            message = answer.json()
            expect(base64.b64decode(message["payload"], validate=True) == sealed, f"message {index} was not echoed")
            expect(message["sequence"] not in self.sent, f"sequence {message['sequence']} was given twice")
            self.sent[message["sequence"]] = sealed

    async def listen(self, socket):
        """Reads when told to, and once after connecting, because what happened before is not told again."""
        while True:
            self.found |= await self.read_unread()
            try:
                while not (len(self.received) == self.count and self.announced | self.found >= set(self.received)):
                    sequence = self.checked_frame(await socket.recv())
                    self.announced.add(sequence)
                    if sequence not in self.received:
                        await self.read_unread()
                await socket.close()
                return
            except websockets.ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
                expect(code == 1001, f"the socket was closed with {code}, not as going away")
                expect(not self.going_away.is_set(), "the socket was closed twice")
                self.going_away.set()
                self.found |= set(self.received)  # Whatever the old socket did not tell any more.
                socket = await self.server.socket(self.address, self.token)

    def checked_frame(self, frame):
        expect(isinstance(frame, str), "a notification is not text")
        notification = json.loads(frame)
        expect(notification["channel_id"] == self.address.rsplit("/", 1)[1], "a notification names another channel")
        expect(notification["notification"] == "New message arrived", f"a notification says {notification}")
        expect(notification["content_type"] == "application/octet-stream", f"a notification says {notification}")
        expect(RECEIVED.fullmatch(notification["received"]), f"a notification says {notification}")
        return notification["sequence"]

    async def read_unread(self):
        answer = await self.server.request("GET", f"{self.address}?unread=true", headers=self.headers)
        messages = answer.json()
        for message in messages:
            sealed = base64.b64decode(message["payload"], validate=True)
            index = len(self.received) + 1
            opened = SealedBox(self.secret).decrypt(sealed)
            expect(opened == plaintext(self.address, self.them, index, self.count), f"message {index} differs")
            expect(message["content_type"] == "application/octet-stream", f"a message of {message['content_type']}")
            expect(RECEIVED.fullmatch(message["received"]), f"a message received at {message['received']}")
            self.received[message["sequence"]] = sealed
        if messages:
            last = messages[-1]["sequence"]
            await self.server.request(
                "POST", f"{self.address}/{last}?older=true", headers=self.headers, json={"read": True}
            )
        return {message["sequence"] for message in messages}

    async def compare(self):
        """Everything that the server keeps, page by page, against everything that was sent and received."""
        kept = {}
        while True:
            page = f"{self.address}?limit=30&after={max(kept, default=0)}"
            messages = (await self.server.request("GET", page, headers=self.headers)).json()
            if not messages:
                break
            kept |= {message["sequence"]: base64.b64decode(message["payload"], validate=True) for message in messages}
        expect(list(kept) == list(range(1, 2 * self.count + 1)), f"the sequences are {list(kept)}")
        expect(kept == self.sent | self.received, "what is kept is not what was sent and received")
        expect(self.announced <= set(self.received), "own messages were announced")
        head = await self.server.request("HEAD", self.address, headers=self.headers)
        expect(head.headers["ETag"] == str(max(self.received)), f"HEAD says {head.headers['ETag']}")


async def own_channel(server, settings):
    """Creates a channel and a token for the other party; answers the address and both tokens."""
    credentials = (settings.user, os.environ["PARTY_PASSWORD"])
    channels = f"{settings.server}/api/v1/account/{settings.account}/channel"
    wanted = {
        "public_read": False,
        "public_write": False,
        "sequenced": False,
        "retention": {"min_age_days": 0, "max_age_days": 1, "auto_prune": True},
    }
    channel = (await server.request("POST", channels, auth=credentials, json=wanted)).json()
    tokens = f"{channels}/{channel['id']}/api-token"
    wanted = {"description": "the other party", "can_read": True, "can_write": True}
    token = (await server.request("POST", tokens, auth=credentials, json=wanted)).json()
    return channel["href"], channel["access_tokens"][0]["token"], token["token"]


def hand_over(path, address, token, public):
    key = base64.b64encode(bytes(public)).decode()
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"address": address, "token": token, "encryption": f"libsodium sealed_box {key}"}))
    draft.rename(path)


async def take_over(path):
    while not path.exists():
        await asyncio.sleep(0.05)
    handover = json.loads(path.read_text())
    expect(sorted(handover) == ["address", "encryption", "token"], f"the handover has {sorted(handover)}")
    library, algorithm, key = handover["encryption"].split(" ")
    expect((library, algorithm) == ("libsodium", "sealed_box"), f"cannot seal with {library} {algorithm}")
    return handover["address"], handover["token"], PublicKey(base64.b64decode(key, validate=True))


async def exchange(settings):
    server, secret = Server(settings.ca), PrivateKey.generate()
    address, own_token, their_token = await own_channel(server, settings)
    hand_over(settings.give, address, their_token, secret.public_key)
    their_address, my_token, their_public = await take_over(settings.take)

    def half():
        print("half", flush=True)

    keys = (secret, their_public)
    await asyncio.gather(
        Conversation(server, address, own_token, "owner", "guest", keys, settings.count).run(half),
        Conversation(server, their_address, my_token, "guest", "owner", keys, settings.count).run(half),
    )


async def main():
    parser = argparse.ArgumentParser()
    for name in ["server", "ca", "account", "user"]:
        parser.add_argument(f"--{name}", required=True)
    for name in ["give", "take"]:
        parser.add_argument(f"--{name}", required=True, type=Path)
    for name in ["count", "seconds"]:
        parser.add_argument(f"--{name}", required=True, type=int)
    settings = parser.parse_args()
    async with asyncio.timeout(settings.seconds):
        await exchange(settings)


try:
    asyncio.run(main())
except TimeoutError:
    sys.exit(f"{NAME}: not done in time")
except Exception as error:
    sys.exit(f"{NAME}: {type(error).__name__}: {error}")
