"""The server is killed while many write: nothing that was acknowledged may be missing, doubled or out of order."""

import itertools
import random
import sqlite3
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from clock import DAY, Clock, until
from kinds import InTurn, Passing
from machine import Machine
from writers import Writers, compare, count_of, verdict

# How far the clock jumps at each kill: what two kills have passed over is pruned, and no message's key is forgotten
# before its writer has an answer.
JUMP = 13 * 3600


def kills(binary, rounds):
    """Kills at random moments of writing, in turn, and of pruning, with commands running beside."""
    with Machine(binary, ['retention.prune_interval = "1s"']) as machine, ExitStack() as everybody:
        clock = Clock(machine)
        clock.put(-rounds * JUMP)
        machine.serve()
        writers, in_turn, passing = (everybody.enter_context(kind(machine, count))
                                     for kind, count in ((Writers, 8), (InTurn, 4), (Passing, 4)))
        beside = everybody.enter_context(Beside(machine))
        for number in range(1, rounds + 1):
            clock.put((number - rounds) * JUMP)
            time.sleep(random.uniform(0.05, 1.2))
            machine.kill()
            machine.serve()
        everybody.close()
        young, old = passing.split()
        until(lambda: not any(is_there(machine, passing, old)), "what is too old is not pruned")
        beside.require_all()
        others = (compare(machine, in_turn.channels, in_turn.acknowledged),
                  compare(machine, passing.channels, young, passes=True))
        lost, doubled, disordered = map(sum, zip(*others))
        holds, figures = verdict(machine, writers, f"{rounds} kills, {beside.count} commands beside")
        figures += (f"; {in_turn.count()} in turn, {count_of(young)} where {count_of(old)} older ones were pruned: "
                    f"{lost} lost, {doubled} doubled, {disordered} out of order")
        return holds and lost + doubled + disordered == 0, figures


def is_there(machine, writers, texts):
    """Of each of these messages, whether it is there."""
    for channel, token in writers.channels:
        found = {sequence for sequence, _ in machine.messages(channel, token)}
        yield from (sequence in found for sequence in texts[channel])


class Beside(threading.Thread):
    """Commands one after the other until the block ends, whatever happens to the server. Each has to succeed."""

    def __init__(self, machine):
        super().__init__()
        self.machine, self.copy = machine, machine.folder / "beside.db"
        self.made, self.count, self.error, self.ended = [], 0, None, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()
        if self.error:
            raise self.error

    def run(self):
        works = itertools.cycle((self.make_channel, self.back_up, self.rotate, self.check))
        try:
            while not self.ended.is_set():
                next(works)()
                self.count += 1
        except AssertionError as error:
            self.error = error

    def make_channel(self):
        self.made.append(self.machine.peerbox("channel", "create", "first", "--for", "callbacks").split())

    def back_up(self):
        self.machine.peerbox("backup", "create", self.copy)
        self.machine.peerbox("backup", "verify", self.copy)
        self.copy.unlink()

    def rotate(self):
        self.machine.peerbox("key", "rotate")

    def check(self):
        self.machine.peerbox("check")

    def require_all(self):
        """What the commands made is there."""
        for path, token in self.made:
            self.machine.call("POST", path.removeprefix("/api/v1"), b"-", token, "text/plain")


def kills_in_backups(binary, rounds):
    """Kills of a backup that is being made: the server goes on, and no half of a backup is taken for one."""
    with Machine(binary) as machine:
        machine.serve()
        with Writers(machine, 4) as writers:
            for _ in range(rounds):
                making = subprocess.Popen([binary, "backup", "create"], cwd=machine.folder, env=machine.environment(),
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(random.uniform(0, 0.1))
                making.kill()
                making.wait()
                time.sleep(1.01)
            halfway = sum(killed_in_its_backup(machine) for _ in range(rounds))
            # By chance none is now and then, of a few; then it is tried until one is.
            for _ in range(20):
                halfway += 0 if halfway else killed_in_its_backup(machine)
            assert halfway, "no server was killed in its own backup"
        machine.peerbox("backup", "create")
        verify_all(machine)
        return verdict(machine, writers, f"{rounds} backups killed, and {rounds} servers, {halfway} of them in their own backup")


def killed_in_its_backup(machine):
    """Kills a server that makes the backup which it missed. Whether there was a part of it."""
    machine.kill()
    for backup in verify_all(machine):
        backup.unlink()
    with sqlite3.connect(machine.database) as file:
        file.execute("update account set created_at = created_at - ?", (2 * DAY * 1000,))
    file.close()
    machine.serve()
    time.sleep(random.uniform(0, 0.2))
    machine.kill()
    parts = [*(machine.data / "backups").glob(".peerbox-unfinished-*")]
    verify_all(machine)
    machine.serve()
    return len(parts) > 0


def verify_all(machine):
    """What is taken for a backup is one."""
    listed = [Path(line.split()[-1]) for line in machine.peerbox("backup", "list").splitlines()[1:]]
    for backup in listed:
        machine.peerbox("backup", "verify", backup)
    return listed


def kills_in_imports(binary, rounds):
    """An export while many write, and kills of its import elsewhere: all or nothing, and once more it is all."""
    with Machine(binary) as machine:
        machine.serve()
        export = machine.folder / "moved.jsonl"
        with Writers(machine, 8) as writers:
            time.sleep(2)
            before = writers.snapshot()
            machine.peerbox("export", "--account", "first", "--with-secrets", export)
        machine.stop()
        nothing, tried, longest = 0, 0, 0.2
        # By chance every import is done before it is killed, of a few; then it is tried until one is not.
        while tried < rounds or (nothing == 0 and tried < rounds + 20):
            tried += 1
            with Machine(binary) as other:
                began = time.monotonic()
                going = subprocess.Popen([binary, "import", export], cwd=other.folder, env=other.environment(),
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    going.wait(random.uniform(longest * 0.3, longest * 1.2))
                    longest = time.monotonic() - began
                except subprocess.TimeoutExpired:
                    going.kill()
                    going.wait()
                other.peerbox("check")
                channels = len(other.peerbox("channel", "list").splitlines()) - 1
                assert channels in (0, len(writers.channels)), f"{channels} channels after a kill"
                nothing += channels == 0
                other.peerbox("import", export)
                other.peerbox("check")
                other.serve()
                lost, doubled, disordered = compare(other, writers.channels, before)
                other.stop()
                assert lost + doubled + disordered == 0, f"{lost} lost, {doubled} doubled, {disordered} out of order"
        count = sum(map(len, before.values()))
        assert nothing > 0, "every import was done before it was killed"
        return True, (f"{tried} imports of {count} acknowledged, {nothing} of them killed: 0 lost, 0 doubled, "
                      "0 out of order")
