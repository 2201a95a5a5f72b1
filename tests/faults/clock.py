"""The machine's clock jumps by a day, forth and back, while everything is in use. Needs Debian's `faketime`."""

import time
import urllib.request
from pathlib import Path

from listeners import Listeners, cookie_of_session
from machine import Machine
from writers import Writers, verdict

DAY = 24 * 3600
# Where the clock is put, one after the other, in seconds beside the true time.
JUMPS = (DAY, 0, -DAY, 0)
PATIENCE = 20


class Clock:
    """The time of day of a server, which never moves how long anything takes."""

    def __init__(self, machine):
        self.file = machine.folder / "clock"
        self.put(0)
        library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        assert library, "faketime is missing; on Debian: apt-get install faketime"
        before = [library, *machine.around.get("LD_PRELOAD", "").split()]
        machine.around |= {"LD_PRELOAD": " ".join(map(str, before)), "FAKETIME_TIMESTAMP_FILE": str(self.file),
                           "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}

    def put(self, seconds):
        """All at once: whoever reads it meanwhile finds the one or the other."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.file)


def clock_jumps(binary, rounds):
    """Jumps under 8 writers with sockets, open pages, a session, tickets and retention."""
    with Machine(binary, ['retention.prune_interval = "1s"']) as machine:
        clock = Clock(machine)
        machine.serve()
        cookie = cookie_of_session(machine)
        kept, pruned = channel_for(machine, 3), channel_for(machine, 1)
        with Writers(machine, 8) as writers, Listeners(machine) as listeners:
            right = {"description": "the other side", "can_read": True, "can_write": False}
            for number, (channel, _) in enumerate(writers.channels):
                other = machine.call("POST", f"/account/1/channel/{channel}/api-token", right)["token"]
                listeners.socket(("socket", number), channel, token=other)
                listeners.page(("page", number), cookie)
            stay = []
            for place in JUMPS * rounds:
                before, early = write(machine, kept), write(machine, pruned)
                stay.append(before)
                ticket = ticket_of(machine, kept)
                clock.put(place)
                everything_goes_on(machine, cookie, listeners, place)
                is_refused(listeners, kept, ticket)
                listeners.socket(("by a ticket", len(stay)), kept[0], f"?ticket={ticket_of(machine, kept)}")
                late = write(machine, pruned)
                if place == DAY:
                    until(lambda: early not in numbers(machine, pruned), "what is a day old is not pruned")
                assert late in numbers(machine, pruned), f"at {place} s what was just written is pruned"
                assert numbers(machine, kept) == stay, f"at {place} s something is missing that had days to stay"
            ended = list(listeners.ended)
        holds, figures = verdict(machine, writers, f"{len(JUMPS) * rounds} jumps")
        said = [line for line in machine.log().splitlines() if " ERROR " in line or "panicked" in line]
        figures += f"; ended {ended[:3] or 0}, refused {writers.refused or 0}, log {said[:3] or 0}"
        return holds and not (ended or writers.refused or said), figures


def channel_for(machine, days):
    """A channel in which messages stay for so long."""
    retention = {"min_age_days": 0, "max_age_days": days, "auto_prune": True}
    made = machine.call("POST", "/account/1/channel", {"public_read": False, "public_write": False, "sequenced": False,
                                                       "retention": retention})
    return made["id"], made["access_tokens"][0]["token"]


def write(machine, channel):
    return machine.call("POST", f"/channel/{channel[0]}", b"-", channel[1], "text/plain")["sequence"]


def numbers(machine, channel):
    return [sequence for sequence, _ in machine.messages(*channel)]


def ticket_of(machine, channel):
    return machine.call("POST", f"/channel/{channel[0]}/notify-ticket", b"", channel[1])["ticket"]


def is_refused(listeners, channel, ticket):
    """A ticket is for half a minute, not for a day."""
    try:
        listeners.socket("a ticket of another day", channel[0], f"?ticket={ticket}")
    except AssertionError as error:
        assert "401" in str(error), error
        return
    raise AssertionError("a ticket of another day opened a socket")


def everything_goes_on(machine, cookie, listeners, place):
    """The session still holds, another can begin, and every socket and open page hears of what is written now."""
    for of_session in (cookie, cookie_of_session(machine)):
        request = urllib.request.Request(f"{machine.address}/inbox", headers={"Cookie": of_session})
        with urllib.request.urlopen(request, timeout=PATIENCE) as page:
            assert page.url.endswith("/inbox"), f"at {place} s the session leads to {page.url}"
    told = {name: count for name, count in listeners.told.items() if name[0] != "by a ticket"}
    until(lambda: all(listeners.told[name] > count for name, count in told.items()), f"at {place} s somebody hears nothing")


def until(holds, otherwise):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
