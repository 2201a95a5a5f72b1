"""Half an hour of open pages, sockets and messages: what the process holds stays what it was."""

import http.client
import os
import statistics
import threading
import time
from pathlib import Path

from listeners import Listeners, cookie_of_session
from machine import Machine

STREAMS, SOCKETS, RATE = 200, 200, 50
CHANNELS, WRITERS = 20, 5
# Of what it held after the first quarter of the time.
MOST_MEMORY, MOST_DESCRIPTORS = 1.1, 4


def soak(binary, seconds):
    """200 event streams, 200 WebSockets, 50 messages a second for so long."""
    with Machine(binary, ['limits.storage_per_account = "0"']) as machine:
        machine.serve()
        channels = [machine.channel() for _ in range(CHANNELS)]
        right = {"description": "the other side", "can_read": True, "can_write": True}
        others = [machine.call("POST", f"/account/1/channel/{channel}/api-token", right)["token"]
                  for channel, _ in channels]
        cookie = cookie_of_session(machine)
        with Listeners(machine) as listeners:
            for number in range(SOCKETS):
                channel, token = channels[number % CHANNELS]
                listeners.socket(("socket", number), channel, token=token)
            for number in range(STREAMS):
                listeners.page(("page", number), cookie)
            writers = [Writer(machine, [(channel, other) for (channel, _), other in zip(channels, others)][n::WRITERS])
                       for n in range(WRITERS)]
            held = watch(machine, writers, seconds)
            written = sum(writer.written for writer in writers)
            per_channel = {channel: count for writer in writers for channel, count in writer.each.items()}
            wanted = {("socket", number): per_channel[channels[number % CHANNELS][0]] for number in range(SOCKETS)}
            deadline = time.monotonic() + 10
            while (late := {one for one in wanted if listeners.told[one] != wanted[one]}) and time.monotonic() < deadline:
                time.sleep(0.05)
            untold = [one for one in listeners.told if listeners.told[one] == 0]
            ended = list(listeners.ended)
        return judge(machine, held, written, seconds, late, untold, ended, [e for w in writers for e in w.errors])


class Writer(threading.Thread):
    """Writes at its share of the rate into its channels, and reads what it wrote there now and then."""

    def __init__(self, machine, channels):
        super().__init__()
        self.machine, self.channels = machine, channels
        self.each = {channel: 0 for channel, _ in channels}
        self.errors, self.ended = [], threading.Event()

    @property
    def written(self):
        return sum(self.each.values())

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.machine.port, timeout=30)
        begun = time.monotonic()
        while not self.ended.wait(max(0, begun + self.written * WRITERS / RATE - time.monotonic())):
            channel, token = self.channels[self.written % len(self.channels)]
            path, fields = f"/api/v1/channel/{channel}", {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
            try:
                connection.request("POST", path, f"message {self.written} " + "x" * 200, fields)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, f"a write was answered {answer.status}"
                self.each[channel] += 1
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.errors.append(repr(error))
                connection.close()
                self.ended.wait(0.1)
        connection.close()


def watch(machine, writers, seconds):
    """What the process holds, every second, while they write."""
    held = []
    for writer in writers:
        writer.start()
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(1)
            held.append((memory(machine), len(os.listdir(f"/proc/{machine.server.pid}/fd"))))
    finally:
        for writer in writers:
            writer.ended.set()
            writer.join()
    return held


def memory(machine):
    """Resident MiB."""
    status = Path(f"/proc/{machine.server.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def judge(machine, held, written, seconds, late, untold, ended, errors):
    log = [line for line in machine.log().splitlines() if " ERROR " in line or " WARN " in line or "panicked" in line]
    machine.stop()
    machine.peerbox("check")
    quarter = max(1, len(held) // 4)
    (first, files), (last, files_now) = ([statistics.median(column) for column in zip(*part)]
                                         for part in (held[quarter:2 * quarter] or held, held[-quarter:]))
    flat = last <= first * MOST_MEMORY and abs(files_now - files) <= MOST_DESCRIPTORS
    enough = written >= 0.9 * RATE * seconds
    figures = (f"{written} messages in {seconds} s; memory {first:.1f} MiB in the second quarter, {last:.1f} in the last; "
               f"descriptors {files:.0f} and {files_now:.0f}; {len(late)} sockets not told of all, {len(untold)} not at all, "
               f"ended {ended[:3] or 0}, refused {errors[:3] or 0}, log {log[:3] or 0}")
    return flat and enough and not (late or untold or ended or errors or log), figures
