"""Writers of channels that are not as most are: of a sequenced one, and of those where messages do not stay."""

import threading
import uuid
from datetime import datetime, timedelta, timezone

from clock import channel_for
from writers import Writers

DAYS = 1


class InTurn(Writers):
    """Writers of one sequenced channel, each with a token of its own: nobody may write who has not read all."""

    def __init__(self, machine, count):
        super().__init__(machine, count, lambda: machine.channel(sequenced=True), channels=1)
        right = {"description": "a writer", "can_read": True, "can_write": True}
        path = f"/account/1/channel/{self.channels[0][0]}/api-token"
        self.tokens = [machine.call("POST", path, right)["token"] for _ in range(count)]
        self.own = threading.local()

    def write(self, number):
        self.own.token, self.own.read, self.own.marked = self.tokens[number], 0, 0
        super().write(number)

    def until_stored(self, channel, _, text):
        """Reads and marks what is there, and tries to be the next."""
        key, tried = str(uuid.uuid4()), set()

        def attempt():
            self.read_all(channel)
            # What a kill left without an answer may have been marked all the same.
            tried.update((self.own.read, self.own.marked))
            return self.machine.call("POST", f"/channel/{channel}", text, self.own.token, "text/plain", key)

        stored = self.until_answered(attempt)
        if stored:
            self.own.read = max(self.own.read, stored["sequence"])
            if stored["sequence"] - 1 not in tried:
                self.faults.append(f"message {stored['sequence']} was taken of one who had read up to {sorted(tried)}")
        return stored

    def read_all(self, channel):
        path, token = f"/channel/{channel}", self.own.token
        unread = [message["sequence"] for message in self.machine.call("GET", f"{path}?unread=true", token=token)]
        if unread and unread[0] <= self.own.read:
            self.faults.append(f"message {unread[0]} is unread again, which was marked up to {self.own.read}")
        if unread:
            self.own.marked = unread[-1]
            self.machine.call("POST", f"{path}/{unread[-1]}?older=true", {"read": True}, token)
            self.own.read = unread[-1]


class Passing(Writers):
    """Writers of channels in which a message stays for a day."""

    def __init__(self, machine, count):
        super().__init__(machine, count, lambda: channel_for(machine, DAYS))
        self.received = {channel: {} for channel, _ in self.channels}

    def note(self, channel, stored, text):
        super().note(channel, stored, text)
        self.received[channel][stored["sequence"]] = datetime.fromisoformat(stored["received"].replace("Z", "+00:00"))

    def split(self):
        """What was acknowledged, by whether it has to be there still at this time."""
        since = datetime.now(timezone.utc) - timedelta(days=DAYS)
        young, old = ({channel: {sequence: text for sequence, text in texts.items()
                                 if (self.received[channel][sequence] > since) == is_young}
                       for channel, texts in self.acknowledged.items()} for is_young in (True, False))
        return young, old
