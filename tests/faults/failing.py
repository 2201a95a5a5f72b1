"""The disk fails, is full, or loses what was not synced: nothing that was acknowledged goes with it."""

import errno
import json
import random
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from functools import partial

from disk import FaultyDisk
from machine import Machine
from writers import Writers, compare, verdict

# What fails: the disk's answer to writes and to syncs, and which one of how many.
TROUBLES = {"EIO on write": (errno.EIO, 0, 1), "ENOSPC on write": (errno.ENOSPC, 0, 1),
            "EIO on sync": (0, errno.EIO, 1), "ENOSPC on sync": (0, errno.ENOSPC, 1),
            "EIO now and then": (errno.EIO, errno.EIO, 3), "ENOSPC now and then": (errno.ENOSPC, errno.ENOSPC, 3)}


def failing_disk(binary, rounds):
    """The disk fails in each way and heals: 503 with a sentence meanwhile, reads go on, and so does the server."""
    with Machine(binary, on_disk=FaultyDisk) as machine:
        machine.serve()
        longest = 0
        with Writers(machine, 8) as writers:
            for number in range(rounds):
                name, trouble = list(TROUBLES.items())[number % len(TROUBLES)]
                time.sleep(0.2)
                machine.disk.fail(*trouble)
                if trouble[-1] == 1:
                    is_told(machine, writers.channels[0], name)
                time.sleep(random.uniform(0.1, 0.5))
                machine.disk.heal()
                longest = max(longest, until_written(machine))
        unclear = {what: count for what, count in writers.refused.items() if what != 503}
        holds, figures = verdict(machine, writers, f"{rounds} failures of the disk")
        figures += f"; {writers.refused.get(503, 0)} answered with 503, {unclear or 'none'} otherwise; "
        return holds and not unclear, figures + f"written again after {longest:.2f} s at most"


def is_told(machine, channel, name):
    """What a writer, a reader and a supervisor are told while the disk fails."""
    channel, token = channel
    deadline = time.monotonic() + 10
    # What was on its way when it began to fail may still be stored.
    while (answer := refusal(lambda: machine.call("POST", f"/channel/{channel}", b"-", token, "text/plain"))) is None:
        assert time.monotonic() < deadline, f"{name}: still written"
    status, retry_after, title = answer
    assert status == 503 and retry_after and title, f"{name}: answered with {answer}"
    machine.call("GET", f"/channel/{channel}?limit=1", token=token)
    ready = refusal(lambda: urllib.request.urlopen(f"{machine.address}/readyz", timeout=30).close())
    assert ready and ready[0] == 503, f"{name}: /readyz answered {ready}"


def refusal(call):
    try:
        call()
    except urllib.error.HTTPError as error:
        text = error.read()
        title = json.loads(text).get("message") if text.startswith(b"{") else text.decode()
        return error.code, error.headers["Retry-After"], title
    return None


def until_written(machine):
    """How long it takes until the server says that it is ready again."""
    begun = time.monotonic()
    machine.until_ready()
    return time.monotonic() - begun


def power_cuts(binary, rounds):
    """Cuts while many write, some of them while syncs fail. Without syncs at commits the same cuts do lose something."""
    with Machine(binary, on_disk=partial(FaultyDisk, remembers=True)) as machine:
        sectors = ahead = 0
        machine.serve()
        with Writers(machine, 8) as writers:
            for number in range(rounds):
                if number % 3 == 1:
                    # As a backup does.
                    with one_moment(machine):
                        time.sleep(random.uniform(0.6, 1.2))
                        machine.kill()
                        ahead += reaches_ahead(machine)
                else:
                    time.sleep(random.uniform(0.05, 0.6))
                if number % 3 == 2:
                    # And goes on as if nothing had been.
                    machine.disk.fail(0, errno.EIO, 3)
                    time.sleep(random.uniform(0.05, 0.3))
                    machine.disk.heal()
                    time.sleep(random.uniform(0.05, 0.6))
                machine.kill()
                sectors += machine.disk.cut_power()
                machine.peerbox("check")
                machine.serve()
        figures = f"{rounds} power cuts that took back {sectors} sectors, {ahead} with room ahead of the log"
        holds, figures = verdict(machine, writers, figures)
        holds = holds and ahead > 0
    lost = cuts_without_syncs(binary, rounds)
    figures += f"; with synchronous = normal as many cuts lost {lost}, and the file was sound after each"
    return holds and lost > 0, figures


@contextmanager
def one_moment(machine):
    """Somebody reads one moment of the file, so its log cannot begin anew."""
    with closing(sqlite3.connect(f"file:{machine.database}?mode=ro", uri=True, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from message").fetchall()
        yield


def reaches_ahead(machine):
    """Whether the log's file ends in zeros."""
    with open(machine.data / "peerbox.db-wal", "rb") as log:
        log.seek(-4096, 2)
        return not any(log.read())


def cuts_without_syncs(binary, rounds):
    """How many cuts take that nobody promised to keep. The file is sound all the same, also when syncs of the log fail."""
    settings, lost = ['data.synchronous = "normal"'], 0
    with Machine(binary, settings, partial(FaultyDisk, remembers=True)) as machine:
        for number in range(rounds):
            machine.serve()
            with Writers(machine, 8) as writers:
                time.sleep(random.uniform(0.2, 0.6))
                if number % 2:
                    machine.disk.fail(0, errno.EIO, 2)
                    time.sleep(random.uniform(0.1, 0.4))
                    machine.disk.heal()
                    time.sleep(random.uniform(0.05, 0.6))
                machine.kill()
            machine.disk.cut_power()
            machine.peerbox("check")
            machine.serve()
            lost += sum(lost_of(machine, channel, writers.acknowledged) for channel in writers.channels)
            machine.kill()
            machine.disk.cut_power()
            machine.peerbox("check")
    return lost


def lost_of(machine, channel, acknowledged):
    """How many messages of a channel are lost, of which nobody promised that it is there itself."""
    try:
        return compare(machine, [channel], acknowledged)[0]
    except urllib.error.HTTPError as refusal:
        assert refusal.code == 401, refusal
        return len(acknowledged[channel[0]])
