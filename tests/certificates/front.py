"""What stands before the authority and offers what Debian's pebble does not: when to renew (RFC 9773), and profiles."""

import base64
import http.client
import json
import ssl
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROFILES = {"classic": "as always", "shortlived": "ends after days"}


class Front:
    """Passes everything on, and notes what is ordered.

    `windows` say for one certificate after the other when it is to be renewed, in seconds after it is first asked about.
    """

    def __init__(self, pebble, port, windows):
        self.pebble, self.port, self.windows = pebble, port, list(windows)
        self.asked, self.orders = {}, []

    @property
    def directory(self):
        return f"https://127.0.0.1:{self.port}/dir"

    def __enter__(self):
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                name = "/renewal-info/"
                if self.path.startswith(name):
                    return self.answer(200, [("Retry-After", "21600")], front.window(self.path[len(name):]))
                return self.pass_on()

            def do_POST(self):
                self.pass_on()

            do_HEAD = do_GET

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                said = front.note(body)
                context = ssl.create_default_context(cafile=front.pebble.folder / "authority.pem")
                there = http.client.HTTPSConnection("127.0.0.1", front.pebble.port, context=context, timeout=30)
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                kept = [pair for pair in answer.getheaders() if pair[0] not in ("Content-Length", "Transfer-Encoding")]
                text = answer.read()
                if self.path == "/dir":
                    text = front.directory_with(json.loads(text))
                if "replaces" in said and answer.status == 201:
                    text = json.loads(text) | {"replaces": said["replaces"]}
                self.answer(answer.status, kept, text)
                there.close()

            def answer(self, status, headers, text):
                text = text if isinstance(text, bytes) else json.dumps(text).encode()
                self.send_response_only(status)
                for pair in [*headers, ("Content-Length", str(len(text)))]:
                    self.send_header(*pair)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pebble.folder / "authority.pem", self.pebble.folder / "authority.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def directory_with(self, directory):
        directory["renewalInfo"] = f"https://127.0.0.1:{self.port}/renewal-info"
        directory["meta"]["profiles"] = PROFILES
        return directory

    def window(self, certificate):
        if certificate not in self.asked:
            begin, end = self.windows[min(len(self.asked), len(self.windows) - 1)]
            now = time.time()
            self.asked[certificate] = (now + begin, now + end)
        start, end = (datetime.fromtimestamp(at, timezone.utc).isoformat() for at in self.asked[certificate])
        return {"suggestedWindow": {"start": start, "end": end}}

    def note(self, body):
        """What a request says; it is signed, and anybody may read it."""
        payload = json.loads(body)["payload"] if body else ""
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)) or "{}")
        if "identifiers" in said:
            self.orders.append(said)
        return said
