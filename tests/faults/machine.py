"""The real executable in folders of its own, which can be killed and started again at the same address."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USER, PASSWORD = "username", "correct password"


class Machine:
    """A data folder with one account, and a server for it. Everything is gone when the block ends."""

    def __init__(self, binary, settings=(), on_disk=None):
        self.binary, self.settings = binary, settings
        self.folder = Path(tempfile.mkdtemp(prefix="peerbox-fault-"))
        self.disk = on_disk and on_disk(self.data)
        # The server's own environment beside that of its home; commands do without.
        self.around = dict(self.disk.environment) if self.disk else {}
        self.server = None
        self.prefix = ""
        self.port = free_port()

    def __enter__(self):
        self.peerbox("account", "create", "first", "--user", USER, "--password-stdin", typed=PASSWORD)
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder)
        if self.disk:
            self.disk.close()

    @property
    def data(self):
        return self.folder / "data/peerbox"

    @property
    def database(self):
        return self.data / "peerbox.db"

    def environment(self):
        return home_in(self.folder)

    def peerbox(self, *arguments, typed="", fails=None):
        """Runs a command to its end. It must succeed, or end with the code `fails`."""
        done = subprocess.run([self.binary, *map(str, arguments)], input=typed, text=True, capture_output=True,
                              cwd=self.folder, env=self.environment())
        if done.returncode != (fails or 0):
            raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout.strip()

    def serve(self):
        lines = [f'server.listen = "127.0.0.1:{self.port}"', 'log.access = "off"', *self.settings]
        (self.folder / "config.toml").write_text("\n".join(lines) + "\n")
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen([self.binary, "serve", "--config", "config.toml"], stdout=log, stderr=log,
                                           cwd=self.folder, env=self.environment() | self.around)
        self.until_ready()

    def until_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.server.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"the server does not answer: {self.log()}")

    def log(self):
        return (self.folder / "log").read_text()

    def kill(self):
        """The way of a power cut, as far as a process knows one."""
        if self.server and self.server.poll() is None:
            self.server.kill()
            self.server.wait()

    def restart(self):
        """The same process with another program in it, as after an update."""
        starts = self.log().count("listening ")
        self.server.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + 60
        while self.log().count("listening ") == starts:
            assert time.monotonic() < deadline and self.server.poll() is None, self.log()
            time.sleep(0.02)

    def stop(self):
        self.server.terminate()
        assert self.server.wait(60) == 0, self.log()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def call(self, method, path, body=None, token=None, content_type="application/json", key=None):
        """An answer's JSON; None without one. Raises OSError for a refusal, and where nobody answers."""
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Bearer {token}" if token else f"Basic {basic}", "Content-Type": content_type}
        if key:
            headers["Idempotency-Key"] = key
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def channel(self, sequenced=False):
        retention = {"min_age_days": 0, "max_age_days": 9999, "auto_prune": True}
        settings = {"public_read": False, "public_write": False, "sequenced": sequenced, "retention": retention}
        made = self.call("POST", "/account/1/channel", settings)
        return made["id"], made["access_tokens"][0]["token"]

    def messages(self, channel, token):
        """Every message of a channel, as (sequence, text)."""
        found = []
        while True:
            after = found[-1][0] if found else 0
            page = self.call("GET", f"/channel/{channel}?after={after}&limit=1000", token=token)
            found += [(one["sequence"], base64.b64decode(one["payload"]).decode()) for one in page]
            if len(page) < 1000:
                return found


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def home_in(folder):
    """The environment of a command whose home is this folder."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_PRELOAD") if name in os.environ}
    home = {"HOME": folder, "XDG_DATA_HOME": folder / "data", "XDG_CONFIG_HOME": folder / "config"}
    return kept | {name: str(path) for name, path in home.items()}


def default_binary():
    built = [ROOT / "target" / kind / "peerbox" for kind in ("release", "debug")]
    given = os.environ.get("PEERBOX")
    return Path(given).resolve() if given else next((path for path in built if path.exists()), built[0])
