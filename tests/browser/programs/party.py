"""One side of a channel as a program, written from PROTOCOL.md alone: PyNaCl, JSON, HMAC and a few requests.

    party.py guest LINK           has a link; seals for the holder's key
    party.py holder LINK KEY      has the holder's secret key, in base64; seals for whoever wrote last

Takes orders on standard input, each a line of JSON, and answers each with one: {"do": "seal", "text": ...} writes a letter,
{"do": "raw", "text": ...} the box of the text itself, {"do": "read"} tells what others wrote since, {"do": "key"} its own key.
"""

import base64
import hashlib
import hmac
import json
import sys
import urllib.request
from datetime import datetime, timezone
from urllib.parse import urlsplit

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

SEALED = "application/vnd.peerbox.sealed"
NAMED = "libsodium sealed_box "
TEXT = "text/plain; charset=utf-8"


def of_address(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def proof_key(secret):
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, b"peerbox link 1\x01", hashlib.sha256).digest()


class Party:
    def __init__(self, role, link, secret_key):
        place = urlsplit(link)
        before, self.channel = place.path.rsplit("/c/", 1)
        self.address = f"{place.scheme}://{place.netloc}{before}/api/v1/channel/{self.channel}"
        self.token, fingerprint, secret = place.fragment.split(".")
        self.key = proof_key(of_address(secret))
        self.writes, self.reads = ("to-owner", "from-owner") if role == "guest" else ("from-owner", "to-owner")
        self.pair = PrivateKey(base64.b64decode(secret_key)) if secret_key else PrivateKey.generate()
        self.other, self.count, self.last = None, 0, 0
        if role == "guest":
            named = json.loads(self.request("GET", "/key"))["key"]
            key = base64.b64decode(named.removeprefix(NAMED))
            assert hashlib.sha256(key).digest()[:16] == of_address(fingerprint), "the link names another key"
            self.other = PublicKey(key)

    def request(self, method, rest, body=None, content_type=None):
        request = urllib.request.Request(self.address + rest, body, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        if content_type:
            request.add_header("Content-Type", content_type)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def proof(self, direction, line, body):
        proven = f"{self.channel}\n{direction}\n{line}\n".encode() + body
        return base64.b64encode(hmac.new(self.key, proven, hashlib.sha256).digest()).decode()

    def write(self, content, content_type):
        message = json.loads(self.request("POST", "", SealedBox(self.other).encrypt(content), content_type))
        return {"sequence": message["sequence"]}

    def seal(self, text):
        self.count += 1
        body = text.encode()
        about = {"v": 1, "type": TEXT, "length": len(body), "n": self.count}
        about["at"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        about["reply_to"] = NAMED + base64.b64encode(bytes(self.pair.public_key)).decode()
        line = json.dumps(about)
        line = f'{line[:-1]},"auth":"{self.proof(self.writes, line, body)}"}}'
        content = line.encode() + b"\n" + body
        return self.write(content + bytes(-len(content) % 256), SEALED)

    def opened(self, message):
        try:
            content = SealedBox(self.pair).decrypt(base64.b64decode(message["payload"]))
        except CryptoError:
            return {"closed": True}
        if message["content_type"] != SEALED:
            return {"type": message["content_type"], "text": content.decode(), "proof": "raw"}
        line, rest = content.split(b"\n", 1)
        about = json.loads(line)
        assert about["v"] == 1 and len(content) % 256 == 0, "another form"
        body = rest[: about["length"]]
        bare, _, given = line.decode().rpartition(',"auth":"')
        is_proven = hmac.compare_digest(given, f'{self.proof(self.reads, bare + "}", body)}"}}')
        self.other = PublicKey(base64.b64decode(about["reply_to"].removeprefix(NAMED)))
        said = {"type": about["type"], "text": body.decode(errors="replace"), "n": about["n"]}
        return {**said, "proof": "proven" if is_proven else "wrong"}

    def read(self):
        messages = json.loads(self.request("GET", f"?after={self.last}&authors=true"))
        self.last = max([self.last, *(message["sequence"] for message in messages)])
        return [self.opened(message) for message in messages if message["author"] != "own"]


party = Party(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
for order in map(json.loads, sys.stdin):
    match order["do"]:
        case "seal":
            answer = party.seal(order["text"])
        case "raw":
            answer = party.write(order["text"].encode(), TEXT)
        case "read":
            answer = party.read()
        case "key":
            answer = NAMED + base64.b64encode(bytes(party.pair.public_key)).decode()
    print(json.dumps(answer), flush=True)
