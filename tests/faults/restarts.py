"""The server is restarted while many write: nobody is refused, cut off or left without an answer."""

import http.client
import random
import threading
import time

from machine import Machine
from writers import Writers, verdict


# Requests a second that there must have been at least.
RATE = 200


class Caller(threading.Thread):
    """Keeps its connection for as long as the server does, and asks again and again."""

    def __init__(self, machine, token):
        super().__init__()
        self.machine, self.token = machine, token
        self.asked, self.failed, self.longest, self.ended = 0, [], 0, threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.machine.port, timeout=60)
        channel, token = self.token
        while not self.ended.is_set():
            begun = time.monotonic()
            try:
                connection.request("HEAD", f"/api/v1/channel/{channel}", headers={"Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failed.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection.close()
            self.asked += 1
            self.longest = max(self.longest, time.monotonic() - begun)
            self.ended.wait(0.005)
        connection.close()


def restarts(binary, rounds):
    """Restarts by a signal under 16 writers with new connections and 4 callers that keep theirs."""
    with Machine(binary) as machine:
        machine.serve()
        callers = [Caller(machine, machine.channel()) for _ in range(4)]
        begun = time.monotonic()
        with Writers(machine, 16) as writers:
            for caller in callers:
                caller.start()
            try:
                for _ in range(rounds):
                    time.sleep(random.uniform(0.1, 0.5))
                    machine.restart()
            finally:
                for caller in callers:
                    caller.ended.set()
                    caller.join()
        rate = (writers.count() + sum(caller.asked for caller in callers)) / (time.monotonic() - begun)
        failed = [what for caller in callers for what in caller.failed]
        longest = max(caller.longest for caller in callers)
        holds, figures = verdict(machine, writers, f"{rounds} restarts under {rate:.0f} requests a second")
        figures += f"; refused {writers.refused or 0} and {failed or 0}; longest wait {longest:.2f} s"
        return holds and not writers.refused and not failed and rate >= RATE, figures
