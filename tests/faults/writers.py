"""Writers that remember what was acknowledged, so that it can be looked for afterwards."""

import threading
import uuid


class Writers:
    """Threads that write numbered texts into channels until the block ends, over whatever happens to the server."""

    def __init__(self, machine, count, channel=None, channels=4):
        self.machine = machine
        self.channels = [(channel or machine.channel)() for _ in range(channels)]
        self.acknowledged = {channel: {} for channel, _ in self.channels}
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.refused = {}
        # What no server may do, whatever happens to it.
        self.faults = []
        self.threads = [threading.Thread(target=self.write, args=(number,)) for number in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        assert not self.faults, f"{len(self.faults)} faults, the first: {self.faults[0]}"

    def write(self, number):
        channel, token = self.channels[number % len(self.channels)]
        count = 0
        while not self.ended.is_set():
            count += 1
            text = f"writer {number} message {count}"
            stored = self.until_stored(channel, token, text.encode())
            if stored:
                self.note(channel, stored, text)

    def note(self, channel, stored, text):
        with self.lock:
            other = self.acknowledged[channel].setdefault(stored["sequence"], text)
        if other != text:
            self.faults.append(f"{other!r} and {text!r} were both acknowledged as message {stored['sequence']}")

    def until_stored(self, channel, token, text):
        """Tries until it is stored, always with the same key, as a careful client does."""
        key = str(uuid.uuid4())
        return self.until_answered(lambda: self.machine.call("POST", f"/channel/{channel}", text, token, "text/plain", key))

    def until_answered(self, ask):
        while not self.ended.is_set():
            try:
                return ask()
            except OSError as error:
                what = getattr(error, "code", type(error).__name__)
                with self.lock:
                    self.refused[what] = self.refused.get(what, 0) + 1
                self.ended.wait(0.01)
        return None

    def count(self):
        with self.lock:
            return count_of(self.acknowledged)

    def snapshot(self):
        """What is acknowledged at this moment."""
        with self.lock:
            return {channel: dict(texts) for channel, texts in self.acknowledged.items()}


def compare(machine, channels, acknowledged, passes=False):
    """How many of the acknowledged messages are lost, stored twice, or out of order. Raises where one is another.

    Where messages pass, the first ones may be gone."""
    lost = doubled = disordered = 0
    for channel, token in channels:
        found = machine.messages(channel, token)
        sequences = [sequence for sequence, _ in found]
        first = sequences[0] if passes and found else 1
        disordered += sequences != list(range(first, first + len(found)))
        texts = [text for _, text in found]
        doubled += len(texts) - len(set(texts))
        stored = dict(found)
        for sequence, text in acknowledged[channel].items():
            if sequence not in stored:
                lost += 1
            elif stored[sequence] != text:
                raise AssertionError(f"message {sequence} is {stored[sequence]!r}, acknowledged was {text!r}")
    return lost, doubled, disordered


def verdict(machine, writers, what):
    lost, doubled, disordered = compare(machine, writers.channels, writers.acknowledged)
    machine.stop()
    machine.peerbox("check")
    figures = f"{what}, {writers.count()} acknowledged: {lost} lost, {doubled} doubled, {disordered} out of order"
    return lost + doubled + disordered == 0, figures


def count_of(texts):
    """How many messages these are, of all channels."""
    return sum(map(len, texts.values()))
