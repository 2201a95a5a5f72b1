"""The disk is lost: what a backup or a standby gives back."""

import shutil
import subprocess
import time

from machine import ROOT, Machine
from writers import Writers, compare


def drill(binary, rounds):
    """A backup is made while many write, everything is destroyed, and the backup put back."""
    with Machine(binary) as machine:
        machine.serve()
        copy = machine.folder / "copy.db"
        seconds = []
        with Writers(machine, 8) as writers:
            time.sleep(rounds * 0.2)
            before = writers.snapshot()
            began = time.monotonic()
            machine.peerbox("backup", "create", copy)
            seconds.append(time.monotonic() - began)
        machine.kill()
        shutil.rmtree(machine.data)
        began = time.monotonic()
        told = machine.peerbox("restore", copy)
        machine.serve()
        seconds.append(time.monotonic() - began)
        lost, doubled, disordered = compare(machine, writers.channels, before)
        machine.stop()
        machine.peerbox("check")
        count = sum(map(len, before.values()))
        figures = (f"{count} acknowledged before the backup: {lost} lost, {doubled} doubled, {disordered} out of order; "
                   f"made in {seconds[0]:.1f} s, back and serving in {seconds[1]:.1f} s; {told}")
        return lost + doubled + disordered == 0, figures


def litestream():
    return ROOT / "target/packages/venv/bin/litestream"


def standby(binary, rounds):
    """Litestream copies every change to a folder; the machine is lost, and a second one takes over from the folder."""
    with Machine(binary) as machine:
        copies = machine.folder / "copies"
        settings = machine.folder / "litestream.yml"
        settings.write_text(f"dbs:\n  - path: {machine.database}\n    monitor-interval: 100ms\n    replica:\n      type: file\n      path: {copies}\n"
                            "      sync-interval: 100ms\n")
        machine.serve()
        with (machine.folder / "litestream.log").open("wb") as log:
            copying = subprocess.Popen([litestream(), "replicate", "-config", settings], stdout=log, stderr=log)
        try:
            with Writers(machine, 8) as writers:
                time.sleep(rounds * 0.2)
                synced = writers.snapshot()
                # Two of its intervals, within which it promises to have copied what was there.
                time.sleep(1)
                machine.kill()
                copying.kill()
            everything = writers.snapshot()
        finally:
            copying.kill()
            copying.wait()
        shutil.rmtree(machine.data)
        began = time.monotonic()
        machine.data.mkdir(mode=0o700)
        subprocess.run([litestream(), "restore", "-config", settings, "-o", machine.database, machine.database],
                       check=True, capture_output=True)
        machine.peerbox("check")
        machine.serve()
        seconds = time.monotonic() - began
        lost, doubled, disordered = compare(machine, writers.channels, synced)
        late = compare(machine, writers.channels, everything)[0]
        machine.stop()
        figures = (f"{sum(map(len, synced.values()))} acknowledged a second before: {lost} lost, {doubled} doubled, "
                   f"{disordered} out of order; of all {sum(map(len, everything.values()))}: {late} lost; taken over in {seconds:.1f} s")
        return lost + doubled + disordered == 0, figures
