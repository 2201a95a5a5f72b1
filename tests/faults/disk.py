"""A disk that fails when it is told to, or forgets what was not synced: what stands around disk.c."""

import random
import struct
import subprocess
import tempfile
from pathlib import Path

SECTOR = 512
CHANGED, SYNCED, NOT_SYNCED = 1, 2, 3
HEAD = struct.Struct("=7Q")


class FaultyDisk:
    """The disk under one folder, for the programs that are started with its environment."""

    def __init__(self, folder, remembers=False):
        self.home = tempfile.TemporaryDirectory(prefix="peerbox-disk-")
        home = Path(self.home.name)
        self.library, self.control, self.journal = home / "disk.so", home / "control", home / "journal"
        source = Path(__file__).with_name("disk.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, source, "-lpthread"], check=True)
        self.heal()
        self.environment = {"LD_PRELOAD": str(self.library), "FAULTY_FOLDER": str(folder.resolve()),
                            "FAULTY_CONTROL": str(self.control)}
        if remembers:
            self.environment["FAULTY_JOURNAL"] = str(self.journal)

    def fail(self, writes=0, syncs=0, one_of=1):
        """From now on one of so many writes, and syncs, fails with this errno."""
        with self.control.open("r+b" if self.control.exists() else "wb") as control:
            control.write(bytes([writes, syncs, one_of]))

    def heal(self):
        self.fail()

    def close(self):
        self.home.cleanup()

    def cut_power(self):
        """Takes back what was not synced, once the programs are killed. Answers how many sectors are other ones now.

        Each sector becomes what it was at some moment since it was last synced, whatever became of its neighbours.
        """
        files = read_journal(self.journal)
        self.journal.unlink(missing_ok=True)
        return sum(file.take_back() for file in files.values())


class File:
    """What a file was before each change that is not known to be on the disk."""

    def __init__(self):
        self.path = None
        # For each sector, and for the length: what it was before which change, and whether a sync may still help.
        self.sectors, self.lengths = {}, []

    def change(self, number, path, offset, old_length, old):
        self.path = Path(path)
        self.lengths.append([number, old_length, True])
        for at in range(0, len(old), SECTOR):
            sector = (offset + at) // SECTOR
            self.sectors.setdefault(sector, []).append([number, old[at:at + SECTOR], True])

    def sync(self, upto, succeeded):
        """What had changed by then is on the disk, if it succeeded.

        After one that failed Linux takes for written what it failed to write: only writing it again helps, and a sync of that.
        """
        for pasts in [self.lengths, *self.sectors.values()]:
            met = [past for past in pasts if past[0] <= upto]
            if succeeded and any(past[2] for past in met):
                del pasts[:len(met)]
            for past in met:
                past[2] = False
        self.sectors = {sector: pasts for sector, pasts in self.sectors.items() if pasts}

    def take_back(self):
        if not self.path or not self.path.exists():
            return 0
        # Sometimes nearly all of it had come to the disk, sometimes nearly nothing.
        taken = random.choice([0, 0.05, 0.5, 0.95, 1])
        changed = 0
        with self.path.open("r+b") as file:
            length = file.seek(0, 2)
            for sector, pasts in self.sectors.items():
                if random.random() < taken:
                    file.seek(sector * SECTOR)
                    file.write(random.choice(pasts)[1])
                    changed += 1
            if self.lengths and random.random() < taken:
                length = random.choice(self.lengths)[1]
            file.truncate(length)
        return changed


def read_journal(path):
    """Each file by its number, as far as anything of it may be taken back."""
    files, number = {}, 0
    if not path.exists():
        return files
    with path.open("rb") as journal:
        while len(read := journal.read(HEAD.size)) == HEAD.size:
            kind, file, offset, old_length, upto, path_length, count = HEAD.unpack(read)
            name, old = journal.read(path_length), journal.read(count)
            if len(name) + len(old) < path_length + count:
                break
            one = files.setdefault(file, File())
            if kind == CHANGED:
                number += 1
                one.change(number, name.decode(), offset, old_length, old)
            else:
                one.sync(upto, kind == SYNCED)
    return files
