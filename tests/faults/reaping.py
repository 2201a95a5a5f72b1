"""The server is killed while it clears away what nobody has any more: nothing else goes, and the next start goes on."""

import random
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from clock import DAY, Clock, channel_for, until
from disk import FaultyDisk
from machine import Machine
from writers import Writers, compare

# Messages, also those that belong to nobody any more, and those that stay for a day.
ALL = "select count(*) from message"
PRUNED = "select sum(messages) from channel where max_age_days = 1"
LEFT = "select count(*) from leftover"


def kills_in_reaping(binary, rounds):
    """Kills while what deleted channels leave is cleared away, every second time with a power cut."""
    with Machine(binary, on_disk=partial(FaultyDisk, remembers=True)) as machine:
        machine.serve()
        kills = halfway = 0
        with Writers(machine, 8) as writers:
            while goes_on(kills, halfway, rounds):
                with Writers(machine, 8) as others:
                    time.sleep(1)
                # All at once: what is left of the first is cleared away while others still ask.
                with ThreadPoolExecutor() as asking:
                    list(asking.map(lambda one: machine.call("DELETE", f"/account/1/channel/{one[0]}"), others.channels))
                halfway += kill(machine, random.uniform(0, 0.01), LEFT, cuts_power=kills % 2 == 1) > 0
                kills += 1
        return verdict(machine, writers, kills, halfway)


def kills_in_pruning(binary, rounds):
    """Kills while messages that are too old are pruned; those of other channels are as old and stay."""
    settings = ['retention.prune_interval = "1s"']
    with Machine(binary, settings, partial(FaultyDisk, remembers=True)) as machine:
        clock = Clock(machine)
        machine.serve()
        kills = halfway = 0
        with Writers(machine, 8) as writers:
            while goes_on(kills, halfway, rounds):
                clock.put(-5 * DAY)
                with Writers(machine, 8, lambda: channel_for(machine, 1)):
                    time.sleep(0.5)
                clock.put(0)
                old = number_from(machine, PRUNED)
                until(lambda: number_from(machine, PRUNED) < old, "nothing is pruned")
                halfway += kill(machine, random.uniform(0, 0.01), PRUNED, cuts_power=kills % 2 == 1) > 0
                kills += 1
        return verdict(machine, writers, kills, halfway)


def goes_on(kills, halfway, rounds):
    """Until half of so many kills came half way, and a few times longer at most."""
    return kills < rounds or halfway < rounds / 2 and kills < 5 * rounds


def kill(machine, after, question, cuts_power):
    """Answers what the file then says."""
    time.sleep(after)
    machine.kill()
    if cuts_power:
        machine.disk.cut_power()
    machine.disk.journal.unlink(missing_ok=True)
    machine.peerbox("check")
    answer = number_from(machine, question)
    machine.serve()
    return answer


def verdict(machine, writers, kills, halfway):
    lost, doubled, disordered = compare(machine, writers.channels, writers.acknowledged)
    kept = sum(len(machine.messages(*one)) for one in writers.channels)
    left = number_from(machine, ALL)
    until(lambda: number_from(machine, ALL) == kept, "what nobody has any more is not cleared away")
    machine.stop()
    machine.peerbox("check")
    figures = f"{kills} kills, {halfway} of them half way, {writers.count()} acknowledged elsewhere: {lost} lost, {doubled} doubled, {disordered} out of order"
    return halfway > 0 and lost + doubled + disordered == 0, f"{figures}; of {left - kept} leftovers after the last none is left"


def number_from(machine, question):
    """What the file answers beside the server."""
    with sqlite3.connect(f"file:{machine.database}?mode=ro", uri=True) as file:
        return file.execute(question).fetchone()[0]
