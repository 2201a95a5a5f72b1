"""What a reference server may hold after some years: hard texts, deleted messages, revoked and late tokens."""

import base64
import random
from datetime import datetime, timedelta

HARD_TEXTS = ["plain", "a\tb", "line\nbreak", "back\\slash \\N \\. \\x41", "it's \"quoted\"", "Grüße 🍅", "\\", "null",
              "  spaces  "]
BEGAN = datetime(2021, 6, 1, 12, 34, 56, 789123)


def secret(dice, length=64):
    return base64.urlsafe_b64encode(dice.randbytes(length)).decode().rstrip("=")


def content_type(dice):
    return dice.choice(["application/json", "text/plain; charset=utf-8", "application/octet-stream", None, "odd\tone"])


def payload(dice):
    noise = dice.randbytes(dice.randint(1, 3000))
    return dice.choice([bytes(range(256)), b"\\.", b"\\N", b"\t\n\r\\", b"{}", noise, "Grüße\\".encode()])


class Content:
    """Rows for each table, and what each token is to see of them."""

    def __init__(self, seed, messages):
        dice = self.dice = random.Random(seed)
        self.now = BEGAN
        self.tables = {name: [] for name in ("Account", "AccountCredential", "Channel", "APIToken", "Message",
                                             "MessageStatus", "FCMToken")}
        self.logins, self.statuses = {}, {}
        for name in ("first account", "Second\taccount", "third 'o' \\ account"):
            account = self.add("Account", name=name.replace("\t", " "))
            for user, password in ((f"user {account}", "x"), (f"Üser{account}", "pa:ss wörd\\")):
                credential = base64.b64encode(f"{user}:{password}".encode()).decode()
                self.add("AccountCredential", account=account, scheme="Basic", credential=credential)
                self.logins.setdefault(account, []).append((user, password))
        self.add("AccountCredential", account=1, scheme="Bearer", credential="something else")
        for number in range(24):
            self.add_channel(number)
        self.go_on(messages)

    def go_on(self, messages):
        """So many more messages come."""
        if hasattr(self, "everything"):
            self.tables = {name: list(rows) for name, rows in self.everything.items()}
        for _ in range(messages):
            self.something_happens()
        self.shuffle()

    def add(self, table, **row):
        rows = self.tables[table]
        rows.append({"id": len(rows) + 1, **row})
        return len(rows)

    def later(self):
        self.now += timedelta(microseconds=self.dice.randint(1, 90_000_000))
        return self.now

    def add_channel(self, number):
        flag = lambda: self.dice.choice([None, True, False])
        days = (None, 0, 7)[number % 3]
        channel = self.add("Channel", owner=1 + number % 3, externalid=secret(self.dice), publicread=flag(),
                           publicwrite=flag(), locked=None if number % 5 else True, sequenced=number % 2 == 0,
                           minagedays=days, maxagedays=days and 9000, autoprune=flag())
        self.add_token(channel, "Owner")
        self.add_token(channel, self.dice.choice(HARD_TEXTS))

    def add_token(self, channel, description):
        account = self.tables["Channel"][channel - 1]["owner"]
        return self.add("APIToken", account=account, channel=channel, token=secret(self.dice), description=description,
                        canread=self.dice.random() < 0.9, canwrite=True, validfrom=self.later(), validto=None)

    def live(self, channel):
        return [token for token in self.tables["APIToken"] if token["channel"] == channel and token["validto"] is None]

    def something_happens(self):
        """A message, and now and then something else."""
        dice = self.dice
        # The last channel stays empty.
        channel = dice.randint(1, len(self.tables["Channel"]) - 1)
        live = self.live(channel)
        chance = dice.random()
        if chance < 0.02:
            self.add_token(channel, dice.choice(HARD_TEXTS + [None, ""]))
        elif chance < 0.03 and len(live) > 1:
            dice.choice(live)["validto"] = self.later()
        elif chance < 0.05 and self.tables["Message"]:
            # As the reference deletes: all rows of it are marked.
            message = dice.choice(self.tables["Message"])
            for status in self.statuses[message["id"]]:
                status["isdeleted"] = True
        live = self.live(channel)
        author = dice.choice(live)
        sequence = 1 + sum(message["channel"] == channel for message in self.tables["Message"])
        message = self.add("Message", fromtoken=author["id"], channel=channel, seq=sequence, receivedts=self.later(),
                           contenttype=content_type(dice), payload=payload(dice))
        rows = []
        for token in live:
            read = token is author or dice.random() < 0.6
            self.add("MessageStatus", message=message, token=token["id"], isread=read, isdeleted=False)
            rows.append(self.tables["MessageStatus"][-1])
        self.statuses[message] = rows
        if dice.random() < 0.01:
            self.add("FCMToken", apitoken=author["id"], token=f"device\t{message}", isvalid=dice.random() < 0.5)

    def shuffle(self):
        """Rows lie in a table in any order after some years of changes."""
        self.everything = {name: list(rows) for name, rows in self.tables.items()}
        for name in ("Channel", "APIToken", "Message", "MessageStatus"):
            self.dice.shuffle(self.tables[name])

    def is_deleted(self, message):
        rows = self.statuses[message["id"]]
        return bool(rows) and all(row["isdeleted"] for row in rows)

    def seen_by(self, token):
        """The messages of a token, oldest first, each with whether it has read it."""
        by_id = {message["id"]: message for message in self.everything["Message"]}
        rows = [row for row in self.everything["MessageStatus"] if row["token"] == token["id"] and not row["isdeleted"]]
        seen = [(by_id[row["message"]], row["isread"]) for row in rows]
        return sorted(seen, key=lambda pair: pair[0]["seq"])

    def there(self):
        return [message for message in self.everything["Message"] if not self.is_deleted(message)]
