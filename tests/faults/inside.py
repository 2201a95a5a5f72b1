"""Commands are killed half way, every second time with a power cut: the file is sound, nothing is lost, and the
same command goes through afterwards."""

import gzip
import json
import random
import shutil
import subprocess
import time
from functools import partial

from disk import FaultyDisk
from machine import ROOT, Machine
from writers import Writers, compare

UPGRADES = ROOT / "tests/upgrades"

EXPORT = ("export", "--account", "1", "--with-secrets")


def kills_in_commands(binary, rounds):
    """Kills of what changes the file while nobody serves it, and of backups, which only read it."""
    with Machine(binary, on_disk=partial(FaultyDisk, remembers=True)) as machine:
        machine.serve()
        with Writers(machine, 8) as writers:
            time.sleep(1)
        machine.stop()
        copy = machine.folder / "copy.db"
        commands = {"rotation": ("key", "rotate"), "compaction": ("compact",), "backup": ("backup", "create"),
                    "restore": ("restore", "--yes", copy)}
        killed = {name: 0 for name in commands}
        for name, command in commands.items():
            if name == "restore":
                # After the rotation, because a backup opens with the key of its time.
                machine.peerbox("backup", "create", copy)
            took = duration(machine, command)
            for number in range(rounds):
                killed[name] += kill_in_time(lambda part: kill_inside(
                    machine, command, random.uniform(0.3, 1.1) * part * took, number % 2 == 1))
                # A restore that was broken off leaves it at saying so.
                if name != "restore" or is_in_use(machine):
                    machine.peerbox("check")
                    require_all(machine, writers, f"after a kill in a {name}")
                machine.peerbox(*command)
                machine.peerbox("check")
                for aside in machine.data.glob("before-restore-*"):
                    shutil.rmtree(aside)
            require_all(machine, writers, f"after {name}")
        for line in machine.peerbox("backup", "list").splitlines()[1:]:
            machine.peerbox("backup", "verify", line.split()[-1])
        return True, f"{rounds} each, tried {killed} times, {writers.count()} acknowledged: 0 lost"


def duration(machine, command):
    begun = time.monotonic()
    machine.peerbox(*command)
    return time.monotonic() - begun


def kill_inside(machine, command, after, cuts_power):
    """Whether the command was still at it."""
    going = subprocess.Popen([machine.binary, *command], cwd=machine.folder, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env=machine.environment() | machine.around)
    try:
        going.wait(after)
    except subprocess.TimeoutExpired:
        going.kill()
    killed = going.wait() != 0
    if cuts_power:
        machine.disk.cut_power()
    machine.disk.journal.unlink(missing_ok=True)
    return killed


def kill_in_time(kill):
    """Earlier and earlier, until the command was still at it. How often that took."""
    for tries, part in enumerate((1, 0.7, 0.5, 0.3, 0.2, 0.1), start=1):
        if kill(part):
            return tries
    raise AssertionError("the command always ended before it was killed")


def is_in_use(machine):
    """Whether the database is in its place."""
    done = subprocess.run([machine.binary, "account", "list"], cwd=machine.folder, env=machine.environment(),
                          capture_output=True, text=True)
    assert done.returncode == 0 or "run the same `peerbox restore` again" in done.stderr, done.stderr
    return done.returncode == 0


def require_all(machine, writers, when):
    machine.serve()
    lost, doubled, disordered = compare(machine, writers.channels, writers.acknowledged)
    machine.stop()
    machine.disk.journal.unlink(missing_ok=True)
    assert lost + doubled + disordered == 0, f"{when}: {lost} lost, {doubled} doubled, {disordered} out of order"


def kills_in_migrations(binary, rounds):
    """Kills while files of earlier versions are brought up to date: what is exported afterwards is what always is."""
    tries = 0
    versions = sorted(map(int, json.loads((UPGRADES / "facts.json").read_text())))
    for number in range(rounds):
        version = random.choice(versions)
        with Machine(binary, on_disk=partial(FaultyDisk, remembers=True)) as machine:
            put_version(machine, version)
            took = duration(machine, ("migrate",))
            usual = machine.peerbox(*EXPORT)

            def kill(part):
                put_version(machine, version)
                return kill_inside(machine, ("migrate",), random.uniform(0.2, 1) * part * took, number % 2 == 1)
            tries += kill_in_time(kill)
            machine.peerbox("migrate")
            machine.peerbox("check")
            assert machine.peerbox(*EXPORT) == usual, f"version {version} became another one after a kill"
    return True, f"{rounds} files, killed in {tries} tries: all equal to those that were not"


def put_version(machine, version):
    """The folder as that version left it."""
    shutil.rmtree(machine.data)
    machine.data.mkdir(mode=0o700)
    machine.database.write_bytes(gzip.decompress((UPGRADES / f"{version}.db.gz").read_bytes()))
    key = machine.folder / "config/peerbox/master.key"
    key.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(UPGRADES / "master.key", key)
    key.chmod(0o600)
