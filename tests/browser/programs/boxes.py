"""A program at the other end that knows PyNaCl and curl's few requests, and nothing of ours.

    boxes.py ADDRESS TOKEN    makes a key, says it, and answers each sealed message with what it says, in capitals

The first line that it prints is its public key; it ends when its input does. Messages of its own it does not read.
"""

import base64
import json
import sys
import threading
import time
import urllib.request

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

NAMED = "libsodium sealed_box "
address, token = sys.argv[1:]
pair = PrivateKey.generate()


def call(method, rest, body=None, content_type=None):
    request = urllib.request.Request(address + rest, body, {"Authorization": f"Bearer {token}"}, method=method)
    if content_type:
        request.add_header("Content-Type", content_type)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def answer(message):
    try:
        letter = json.loads(SealedBox(pair).decrypt(base64.b64decode(message["payload"])))
    except (CryptoError, ValueError):
        return  # For somebody else.
    other = PublicKey(base64.b64decode(letter["key"].removeprefix(NAMED)))
    call("POST", "", SealedBox(other).encrypt(letter["text"].upper().encode()), "application/octet-stream")


def serve():
    while True:
        try:
            for message in json.loads(call("GET", "?unread=true&wait=20")):
                answer(message)
                call("POST", f"/{message['sequence']}?read=true")
        except OSError:
            time.sleep(0.1)  # The server is being started again.


print(NAMED + base64.b64encode(bytes(pair.public_key)).decode(), flush=True)
threading.Thread(target=serve, daemon=True).start()
sys.stdin.read()
