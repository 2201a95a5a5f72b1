"""An honest client that uses the server while it is attacked, and notes how long it waits."""

import base64
import http.client
import json
import re
import threading
import time
import urllib.parse

from installation import PASSWORD, USER

PATIENCE = 10
FORM = "application/x-www-form-urlencoded"


class Witness:
    """A visitor, who has a channel and is signed in once settled."""

    def __init__(self, installation):
        self.installation = installation
        self.token = self.channel = None
        self.cookies = {}
        self.waits = {}
        self.failures = []
        self.works = {"healthz": self.healthz}

    def settle(self):
        self.make_channel()
        self.sign_in()
        self.works |= {"write": self.write, "inbox": self.inbox}

    def call(self, connection, method, path, headers=None, body=None):
        """Status, headers and body. A connection that the server ended since the last call is opened again."""
        for last in (False, True):
            try:
                connection.request(method, path, body, headers or {})
                reply = connection.getresponse()
                return reply.status, reply.headers, reply.read()
            except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
                connection.close()
                if last:
                    raise

    def connection(self):
        port, context = self.installation.port, self.installation.tls_context()
        if context:
            return http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=context)
        return http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def make_channel(self):
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        retention = {"min_age_days": None, "max_age_days": None, "auto_prune": False}
        body = {"public_read": False, "public_write": False, "sequenced": False, "retention": retention}
        status, _, answer = self.call(self.connection(), "POST", "/api/v1/account/1/channel", headers, json.dumps(body))
        assert status == 200, answer
        created = json.loads(answer)
        self.channel, self.token = created["id"], created["access_tokens"][0]["token"]

    def open_page(self, path, headers=None):
        """The page's status and text; its cookies are kept."""
        status, answered, page = self.call(self.connection(), "GET", path, {**self.browser(), **(headers or {})})
        self.keep(answered)
        return status, page.decode()

    def send_form(self, path, page, fields, headers=None):
        """Sends a form with what the page carries unseen."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page))
        scheme = "https" if self.installation.tls else "http"
        own = {"Content-Type": FORM, "Origin": f"{scheme}://127.0.0.1:{self.installation.port}"}
        body = urllib.parse.urlencode({**hidden, **fields})
        status, answered, text = self.call(
            self.connection(), "POST", path, {**self.browser(), **own, **(headers or {})}, body
        )
        self.keep(answered)
        return status, text.decode()

    def sign_in(self, headers=None):
        _, page = self.open_page("/login", headers)
        status, text = self.send_form("/login", page, {"user": USER, "password": PASSWORD, "next": "/inbox"}, headers)
        assert status == 303, (status, text)

    def browser(self):
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "User-Agent": "a browser"}

    def keep(self, headers):
        for cookie in headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value

    def healthz(self, connection):
        """As a newcomer each time, with a connection of its own."""
        connection.close()
        return self.call(connection, "GET", "/healthz")[0]

    def write(self, connection):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "text/plain"}
        return self.call(connection, "POST", f"/api/v1/channel/{self.channel}", headers, "x" * 1024)[0]

    def inbox(self, connection):
        return self.call(connection, "GET", "/inbox", self.browser())[0]

    def watch(self, seconds):
        """Uses the server for so long, each way on a connection of its own."""
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=self.repeat, args=(name, work, until)) for name, work in self.works.items()]
        for thread in threads:
            thread.start()
        return threads

    def repeat(self, name, work, until):
        connection = self.connection()
        waits = self.waits.setdefault(name, [])
        while time.monotonic() < until:
            begun = time.monotonic()
            try:
                status = work(connection)
                if status != 200:
                    self.failures.append(f"{name} was answered {status}")
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self.failures.append(f"{name} was not answered: {error!r}")
            waits.append((time.monotonic() - begun) * 1000)
            time.sleep(0.02)
        connection.close()

    def p99(self, name):
        waits = sorted(self.waits.get(name, []))
        return waits[int(len(waits) * 0.99)] if waits else None
