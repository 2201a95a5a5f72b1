"""The real executable in folders of its own, and what the system says of its process."""

import json
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))

from machine import default_binary  # noqa: E402, F401

USER, PASSWORD = "username", "password"
MIB = 1024 * 1024


class Installation:
    """A server that runs until the block ends."""

    def __init__(self, binary, attack):
        self.folder = Path(tempfile.mkdtemp(prefix="peerbox-attack-"))
        self.binary, self.attack = binary, attack
        self.tls = attack.tls
        self.process = None
        self.port = 0

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def start(self):
        if self.attack.has_account:
            arguments = ["account", "create", "first", "--user", USER, "--password-stdin"]
            self.peerbox(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).communicate(PASSWORD.encode() + b"\n")
        own = own_address() if self.attack.by_own_address else None
        listen = ["127.0.0.1:0"] + ([f"{own}:0"] if own else [])
        settings = [f"server.listen = {json.dumps(listen)}", 'log.access = "off"', *self.attack.settings]
        if self.tls:
            self.make_certificate()
            settings += [f'tls.cert_file = "{self.folder}/cert.pem"', f'tls.key_file = "{self.folder}/key.pem"']
        (self.folder / "config.toml").write_text("\n".join(settings) + "\n")
        self.log = self.folder / "log"
        with self.log.open("wb") as log:
            self.process = self.peerbox(["serve", "--config", "config.toml"], stdout=log, stderr=log)
        self.port = int(self.logged("127.0.0.1:"))
        # Where attackers connect to, and come from.
        self.hostile_address = (own, int(self.logged(f"{own}:"))) if own else ("127.0.0.1", self.port)

    def peerbox(self, arguments, **streams):
        home = {"HOME": str(self.folder), "XDG_DATA_HOME": f"{self.folder}/data", "XDG_CONFIG_HOME": f"{self.folder}/config"}

        def limit_descriptors():
            soft, hard = self.attack.descriptors
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, min(hard, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))

        command = [str(self.binary), *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=home, preexec_fn=limit_descriptors, **streams)

    def logged(self, before):
        """The word behind this text in the log, once it is there."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            _, found, rest = self.log.read_text().partition(before)
            if found and "\n" in rest:
                return rest.split()[0].split("/")[0]
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start: {self.log.read_text()}")

    def make_certificate(self):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "1", "-subj", "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def memory(self):
        """Resident MiB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"the server has ended: {self.log.read_text()}")

    def tls_context(self, protocols=("http/1.1",)):
        """Whoever is attacked or measured here is who it says; nobody verifies it."""
        if not self.tls:
            return None
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(list(protocols))
        return context


def own_address():
    """An address of this machine that is not loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anywhere:
        # Sends nothing, but has the system choose.
        try:
            anywhere.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return anywhere.getsockname()[0]


def processor_times():
    """Idle and all time of the machine's processors so far."""
    with open("/proc/stat") as stat:
        times = [int(field) for field in stat.readline().split()[1:9]]
    return times[3] + times[4], sum(times)


def reset_when_closed(connection):
    """Closing gives the connection up at once, and leaves no port behind that cannot be used for a minute."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def raise_own_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
