"""The server is killed while many write: nothing that was acknowledged may be missing, doubled or out of order."""

import random
import time

from machine import Machine
from writers import Writers, compare


def kills(binary, rounds):
    """Kills at random moments of writing, with commands running beside."""
    with Machine(binary) as machine:
        machine.serve()
        with Writers(machine, 16) as writers:
            for _ in range(rounds):
                time.sleep(random.uniform(0.05, 0.6))
                machine.peerbox("account", "list")
                machine.kill()
                machine.serve()
        return verdict(machine, writers, f"{rounds} kills")


def kills_in_backups(binary, rounds):
    """Kills of a backup that is being made: the server goes on, and no half of a backup is taken for one."""
    import subprocess

    with Machine(binary) as machine:
        machine.serve()
        with Writers(machine, 4) as writers:
            for _ in range(rounds):
                making = subprocess.Popen([binary, "backup", "create"], cwd=machine.folder, env=machine.environment(),
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(random.uniform(0, 0.1))
                making.kill()
                making.wait()
                time.sleep(1.01)
        machine.peerbox("backup", "create")
        for line in machine.peerbox("backup", "list").splitlines()[1:]:
            machine.peerbox("backup", "verify", line.split()[-1])
        return verdict(machine, writers, f"{rounds} backups killed")


def kills_in_imports(binary, rounds):
    """An export while many write, and kills of its import elsewhere: all or nothing, and once more it is all."""
    import subprocess

    with Machine(binary) as machine:
        machine.serve()
        export = machine.folder / "moved.jsonl"
        with Writers(machine, 8) as writers:
            time.sleep(2)
            before = writers.snapshot()
            machine.peerbox("export", "--account", "first", "--with-secrets", export)
        machine.stop()
        nothing, longest = 0, 0.2
        for _ in range(rounds):
            with Machine(binary) as other:
                began = time.monotonic()
                going = subprocess.Popen([binary, "import", export], cwd=other.folder, env=other.environment(),
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    going.wait(random.uniform(longest * 0.3, longest * 1.2))
                    longest = time.monotonic() - began
                except subprocess.TimeoutExpired:
                    going.kill()
                    going.wait()
                other.peerbox("check")
                channels = len(other.peerbox("channel", "list").splitlines()) - 1
                assert channels in (0, len(writers.channels)), f"{channels} channels after a kill"
                nothing += channels == 0
                other.peerbox("import", export)
                other.peerbox("check")
                other.serve()
                lost, doubled, disordered = compare(other, writers.channels, before)
                other.stop()
                assert lost + doubled + disordered == 0, f"{lost} lost, {doubled} doubled, {disordered} out of order"
        count = sum(map(len, before.values()))
        return True, (f"{rounds} imports of {count} acknowledged, {nothing} of them killed: 0 lost, 0 doubled, "
                      "0 out of order")


def verdict(machine, writers, what):
    lost, doubled, disordered = compare(machine, writers.channels, writers.acknowledged)
    machine.stop()
    machine.peerbox("check")
    figures = f"{what}, {writers.count()} acknowledged: {lost} lost, {doubled} doubled, {disordered} out of order"
    return lost + doubled + disordered == 0, figures
