"""What is deleted is given back to the disk."""

import time

from machine import Machine

MB = 1_000_000
# Of a message, which is a part of what is written.
PIECE = MB // 4
# What may be left, and after how many seconds in which nobody writes.
LEFT, QUIET = 10 * MB, 60


def space(binary, megabytes):
    """So much is written and deleted, a part of it message by message and the rest with its channel."""
    with Machine(binary) as machine:
        machine.serve()
        (kept, token), (gone, other) = machine.channel(), machine.channel()
        for number in range(megabytes * MB // PIECE):
            channel, holder = ((kept, token), (gone, other))[number % 2]
            machine.call("POST", f"/channel/{channel}", b"x" * PIECE, holder, "text/plain")
        full = taken(machine)
        assert full > megabytes * MB, f"only {full} bytes were written"
        for number in range(megabytes * MB // PIECE // 2):
            machine.call("DELETE", f"/channel/{kept}/{number + 1}", token=token)
        machine.call("DELETE", f"/account/1/channel/{gone}")
        began = time.monotonic()
        while taken(machine) > LEFT and time.monotonic() - began < QUIET:
            time.sleep(0.1)
        seconds, left = time.monotonic() - began, taken(machine)
        machine.stop()
        machine.peerbox("check")
        return left <= LEFT, f"{full / MB:.0f} MB taken, {left / MB:.1f} MB left {seconds:.1f} s after all was deleted"


def taken(machine):
    files = (machine.database, machine.data / "peerbox.db-wal")
    return sum(file.stat().st_size for file in files if file.exists())
