"""One attack against a server of its own, measured and judged."""

import asyncio
import logging
import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable

from hostile import Target, run_for
from installation import Installation, own_address, processor_times, raise_own_limit
from witness import Witness

# Resident MiB over idle while it lasts, by the number of hostile connections, and within how long it is given back.
MOST_OF = {100: 64, 1000: 256}
MOST_AFTER = 48
SETTLED_WITHIN = 30

# Milliseconds for 99 of 100 requests of somebody else, where the attack leaves a share of the processors.
MOST_WAIT = 100
LEFT_ALONE = 0.10


@dataclass
class Attack:
    """`run(target)` is a coroutine that goes on until it is cancelled."""

    run: Callable
    connections: int = 100
    tls: bool = False
    has_account: bool = True
    settings: list = field(default_factory=list)
    # Soft and hard limit of open files; a common system's by default.
    descriptors: tuple = (1024, 524288)
    # What must go well meanwhile: takes the witness, and says what did not.
    meanwhile: Callable = lambda witness: []
    # Resident MiB that the attack may take, where it is not what the number of connections allows.
    most: int = 0
    # Seconds that it takes at least.
    lasts: float = 0
    # From an address that is counted, as loopback is not.
    by_own_address: bool = False

    def fits(self, seconds):
        return self.lasts <= seconds and (not self.by_own_address or bool(own_address()))


@dataclass
class Outcome:
    name: str
    connections: int
    idle: float
    peak: float
    after: float
    waits: dict
    left: float
    faults: list

    HEADINGS = ("attack", "connections", "idle MiB", "peak", "after", "healthz p99 ms", "write", "inbox", "left alone", "verdict")

    def cells(self):
        waits = [f"{self.waits[name]:.0f}" if self.waits.get(name) is not None else "-" for name in ("healthz", "write", "inbox")]
        memory = [f"{figure:.0f}" for figure in (self.idle, self.peak, self.after)]
        verdict = "; ".join(self.faults) or "holds"
        return (self.name, str(self.connections), *memory, *waits, f"{self.left:.0%}", verdict)


def attack_in_process(attack, target, seconds):
    raise_own_limit()
    # It tells of every write to a connection that the server has ended.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    asyncio.run(run_for(seconds, attack.run(target)))


def carry_out(name, attack, binary, seconds, judges_waits):
    """Runs it against a new server."""
    seconds = max(seconds, attack.lasts)
    with Installation(binary, attack) as installation:
        witness = Witness(installation)
        if attack.has_account:
            witness.settle()
        for thread in witness.watch(1):
            thread.join()
        idle = installation.memory()
        witness.waits.clear()
        witness.failures.clear()
        complaints = multiprocessing.SimpleQueue()
        target = Target(installation, witness, complaints.put)
        hostile = multiprocessing.Process(target=attack_in_process, args=(attack, target, seconds))
        idle_before, all_before = processor_times()
        hostile.start()
        try:
            threads = witness.watch(seconds)
            peak = sample_until(installation, time.monotonic() + seconds / 2)
            faults = list(attack.meanwhile(witness))
            while any(thread.is_alive() for thread in threads):
                peak = max(peak, sample_until(installation, time.monotonic() + 0.2))
            if hostile.exitcode:
                faults.append("the attack itself broke off")
        finally:
            hostile.kill()
            hostile.join()
        idle_time, all_time = processor_times()
        left = (idle_time - idle_before) / max(all_time - all_before, 1)
        after = settled(installation, idle + MOST_AFTER)
        while not complaints.empty():
            faults.append(complaints.get())
        waits = {work: witness.p99(work) for work in witness.works}
        faults += judged(attack, idle, peak, after, waits if judges_waits else {}, left) + witness.failures
        return Outcome(name, attack.connections, idle, peak, after, waits, left, told_once(faults))


def sample_until(installation, deadline):
    """The most memory until then."""
    peak = installation.memory()
    while time.monotonic() < deadline:
        time.sleep(0.05)
        peak = max(peak, installation.memory())
    return peak


def settled(installation, most):
    """The memory once it is no more than that, or after the time in which it should be."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while (memory := installation.memory()) > most and time.monotonic() < deadline:
        time.sleep(0.2)
    return memory


def judged(attack, idle, peak, after, waits, left):
    faults = []
    most = attack.most or next(most for count, most in sorted(MOST_OF.items()) if attack.connections <= count or count == 1000)
    if peak > idle + most:
        faults.append(f"takes {peak - idle:.0f} MiB, over {most}")
    if after > idle + MOST_AFTER:
        faults.append(f"keeps {after - idle:.0f} MiB, over {MOST_AFTER}")
    if left >= LEFT_ALONE:
        faults += [f"{work} waits {wait:.0f} ms, over {MOST_WAIT}" for work, wait in waits.items() if wait and wait > MOST_WAIT]
    return faults


def told_once(faults):
    return [f"{fault} ({times} times)" if times > 1 else fault for fault, times in Counter(faults).items()]
