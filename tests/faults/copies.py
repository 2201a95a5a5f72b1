"""The disk is lost: what a backup or a standby gives back."""

import os
import re
import shutil
import subprocess
import textwrap
import time

from clock import until
from machine import ROOT, Machine
from writers import Writers, compare, count_of

KEY = "config/peerbox/master.key"
# The seconds that what is on its way is given before the second machine takes over.
WAIT = 3


def drill(binary, rounds):
    """A backup is made while many write, everything is destroyed, and the backup put back."""
    with Machine(binary) as machine:
        machine.serve()
        copy = machine.folder / "copy.db"
        seconds = []
        with Writers(machine, 8) as writers:
            time.sleep(rounds * 0.2)
            before = writers.snapshot()
            began = time.monotonic()
            machine.peerbox("backup", "create", copy)
            seconds.append(time.monotonic() - began)
        machine.kill()
        shutil.rmtree(machine.data)
        began = time.monotonic()
        told = machine.peerbox("restore", copy)
        machine.serve()
        seconds.append(time.monotonic() - began)
        lost, doubled, disordered = compare(machine, writers.channels, before)
        machine.stop()
        machine.peerbox("check")
        count = sum(map(len, before.values()))
        figures = (f"{count} acknowledged before the backup: {lost} lost, {doubled} doubled, {disordered} out of order; "
                   f"made in {seconds[0]:.1f} s, back and serving in {seconds[1]:.1f} s; {told}")
        return lost + doubled + disordered == 0, figures


def standby(binary, rounds):
    """By the README's own lines: a second machine follows, also after it was down, and takes over from a lost one."""
    with Machine(binary) as first, Machine(binary) as second:
        shutil.copyfile(first.folder / KEY, second.folder / KEY)
        shutil.rmtree(second.data)
        # As where the package is installed: a server has made an empty file there.
        second.serve()
        second.stop()
        settings, following, take_over = (block_of_readme(words) for words in ("replica:", "restore -f", "peerbox restore /"))
        for machine in (first, second):
            text = settings.replace("/mnt/other/peerbox", str(first.folder / "copies"))
            (machine.folder / "litestream.yml").write_text(at(machine, text))
        first.serve()
        with Companion(first, "exec litestream replicate -config litestream.yml") as copying, Writers(first, 8) as writers:
            until(lambda: any((first.folder / "copies").rglob("*.ltx")), "nothing is copied")
            with Companion(second, following):
                await_steps(second, rounds // 2)
            with Companion(second, following) as follower:
                await_steps(second, rounds // 5)
                early, before = writers.snapshot(), time.monotonic()
                # The first may have been on its way before.
                await_steps(second, 3)
                first.kill()
                copying.kill()
                everything = writers.snapshot()
                shutil.rmtree(first.data)
                began = time.monotonic()
                time.sleep(WAIT)
                follower.end()
        run(second, take_over.removesuffix(" && peerbox serve\n"))
        second.serve()
        seconds = time.monotonic() - began
        lost, doubled, disordered = compare(second, writers.channels, early)
        late = compare(second, writers.channels, everything)[0]
        second.stop()
        # And with the copy alone.
        second.database.unlink()
        run(second, following.replace("restore -f", "restore"))
        run(second, take_over.removesuffix(" && peerbox serve\n"))
        second.serve()
        restored = compare(second, writers.channels, early)
        second.stop()
        figures = (f"{count_of(early)} acknowledged {began - before:.1f} s before: {lost} lost, {doubled} doubled, {disordered} out "
                   f"of order; of all {count_of(everything)}: {late} lost; taken over in {seconds:.1f} s, {WAIT} of them waited")
        return lost + doubled + disordered + sum(restored) == 0, figures


def block_of_readme(words):
    """The text of its block with these words."""
    blocks = re.findall(r"^ *```\w+\n(.*?)^ *```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    return textwrap.dedent(next(block for block in blocks if words in block))


def at(machine, text):
    return text.replace("/var/lib/peerbox", str(machine.data))


def environment(machine):
    places = (ROOT / "target/packages/venv/bin", machine.binary.parent)
    return machine.environment() | {"PATH": ":".join([*map(str, places), os.environ["PATH"]])}


def run(machine, commands):
    done = subprocess.run(["sh", "-ec", at(machine, commands)], cwd=machine.folder, env=environment(machine),
                          capture_output=True, text=True)
    assert done.returncode == 0, f"{commands} ended with {done.returncode}: {done.stderr}"


def followed(machine):
    """How far the second machine has followed."""
    place = machine.data / "standby/peerbox.db-txid"
    return place.exists() and place.read_text()


def await_steps(machine, count):
    for _ in range(count):
        place = followed(machine)
        until(lambda: followed(machine) != place, "the second machine does not follow")


class Companion:
    """What goes on beside a server until the block ends."""

    def __init__(self, machine, commands):
        with (machine.folder / "litestream.log").open("ab") as log:
            self.process = subprocess.Popen(["sh", "-ec", at(machine, commands)], cwd=machine.folder, stdout=log, stderr=log,
                                            env=environment(machine))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def end(self):
        self.process.terminate()
        assert self.process.wait(30) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()
