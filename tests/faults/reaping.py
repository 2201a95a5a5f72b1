"""The server is killed while it clears away what nobody has any more: nothing else goes, and the next start goes on."""

import random
import sqlite3
import time
from functools import partial

from disk import FaultyDisk
from machine import Machine
from writers import Writers, compare


def kills_in_reaping(binary, rounds):
    """Kills while what deleted channels leave is cleared away: it goes on at the next start, and takes nothing else."""
    with Machine(binary, on_disk=partial(FaultyDisk, remembers=True)) as machine:
        machine.serve()
        with Writers(machine, 8) as writers:
            for number in range(rounds):
                with Writers(machine, 8) as others:
                    time.sleep(0.5)
                for channel, _ in others.channels:
                    machine.call("DELETE", f"/account/1/channel/{channel}")
                time.sleep(random.uniform(0, 0.1))
                machine.kill()
                if number % 2:
                    machine.disk.cut_power()
                machine.disk.journal.unlink(missing_ok=True)
                machine.peerbox("check")
                machine.serve()
        lost, doubled, disordered = compare(machine, writers.channels, writers.acknowledged)
        kept = sum(len(machine.messages(*one)) for one in writers.channels)
        deadline = time.monotonic() + 30
        while (left := rows(machine) - kept) and time.monotonic() < deadline:
            time.sleep(0.1)
        machine.stop()
        machine.peerbox("check")
        figures = f"{rounds} kills, {writers.count()} acknowledged elsewhere: {lost} lost, {doubled} doubled, "
        return lost + doubled + disordered + left == 0, figures + f"{disordered} out of order; {left} leftovers"


def rows(machine):
    """How many messages the file has, also those that belong to nobody any more."""
    with sqlite3.connect(f"file:{machine.database}?mode=ro", uri=True) as file:
        return file.execute("select count(*) from message").fetchone()[0]
