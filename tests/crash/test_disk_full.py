"""A disk that is full at any write: a clear error, the state as it was or as it was to be, and a way on with room again."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.aftermath import ROTATE, check_at_rest, check_resume, check_roll_back, unfinished_files
from tests.crash.machine import Command, Machine
from tests.crash.organization import NAME, NEW_KEY
from tests.crash.reader import Service, served
from tests.crash.scenarios import REMOVED, STAGED_BY_HAND, attested, ran
from tests.support.crash import NEEDS_NO_ROOM, Strike
from tests.support.fork_server import Ended
from tests.support.tools import require_root, require_tool, skip
from vzctl.errors import ExitStatus

pytestmark = pytest.mark.slow
Find = Callable[[str, str], Machine]
REFUSED = frozenset({ExitStatus.STATE, ExitStatus.SECRET_STORE})


class Rotation:
    """A rotation that meets a full disk: what may be served during it, and the ways on."""

    def __init__(self, organization: Machine) -> None:
        self.old = served(organization)
        self.new: Service = {**self.old, NAME: dataclasses.replace(self.old[NAME], key=NEW_KEY)}
        self.seen: set[tuple[str, int | None]] = set()
        self.tried: set[str] = set()

    def check(self, machine: Machine, ended: Ended, allowed: frozenset[ExitStatus] = REFUSED) -> None:
        """Check what a command on a full disk said and left, then go on both ways."""
        assert ended.status in {ExitStatus.OK, *allowed}, ended
        assert "Traceback" not in ended.stderr, ended
        if ended.status != ExitStatus.OK:
            assert ended.stderr.startswith("error: "), ended
        assert unfinished_files(machine) == []
        whole, essence = machine.signatures()
        if (whole, ended.status) not in self.seen:
            self.seen.add((whole, ended.status))
            check_at_rest(machine, [self.new] if ended.status == ExitStatus.OK else [self.old, self.new])
        if essence not in self.tried:
            self.tried.add(essence)
            for go_on in (self.resume, self.roll_back):
                copy = machine.copy()
                go_on(copy)
                copy.destroy()

    def resume(self, machine: Machine) -> None:
        check_resume(machine, old=self.old, new=self.new)

    def roll_back(self, machine: Machine) -> None:
        check_roll_back(machine, old=self.old)


@pytest.mark.parametrize("store", ["file", "exec"])
def test_a_disk_that_is_full_from_any_write_on_stops_a_rotation_cleanly(store: str, organization: Find) -> None:
    rotation = Rotation(organization("local", store))
    whole = organization("local", store).copy()
    points = whole.watch(ROTATE).points
    for number, label in enumerate(points):
        if NEEDS_NO_ROOM.match(label):
            continue
        machine = organization("local", store).copy()
        ended = machine.watch(ROTATE, Strike(number, how="full"))
        assert ended.struck == label, ended
        rotation.check(machine, ended)
        machine.destroy()


def test_past_the_point_of_no_return_a_full_disk_leaves_an_open_rotation(organization: Find) -> None:
    base = organization("astra", "file").copy()
    ran(STAGED_BY_HAND, REMOVED)(base)
    command = attested("recreated", "scoped", "scoped")
    rotation = Rotation(organization("astra", "file"))
    whole = base.copy()
    points = whole.watch(command).points
    replaces = [number for number, label in enumerate(points) if label == "replace state.toml"]
    assert len(replaces) == 4
    for number, label in enumerate(points):
        if NEEDS_NO_ROOM.match(label):
            continue
        machine = base.copy()
        ended = machine.watch(command, Strike(number, how="full"))
        # Once the last change is in the state's place the rotation is over; only that it lasts is not confirmed.
        allowed = ExitStatus.ROTATION_OPEN if number <= replaces[-1] else ExitStatus.STATE
        rotation.check(machine, ended, frozenset({allowed}))
        machine.destroy()


@contextmanager
def small_disk(path: Path, kibibytes: int) -> Iterator[Path]:
    """Mount a disk of this size, or skip the test loudly."""
    path.mkdir()
    mount = ["-t", "tmpfs", "-o", f"size={kibibytes}k", "vzctl-small-disk", str(path)]
    require_root()
    if subprocess.run([require_tool("mount"), *mount], check=False).returncode != 0:
        skip("run where root may mount a small disk")
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True)


@pytest.mark.parametrize("store", ["file", "exec"])
def test_a_real_disk_with_room_for_a_part_of_a_rotation(store: str, organization: Find, tmp_path: Path) -> None:
    rotation = Rotation(organization("local", store))
    statuses = []
    for free_pages in range(40):
        with small_disk(tmp_path / f"disk-{free_pages}", 2048) as disk:
            machine = organization("local", store).copy(root=disk / "machine")
            ballast = disk / "ballast"
            fill(ballast, disk, free_pages * os.sysconf("SC_PAGE_SIZE"))
            ended = machine.try_(ROTATE)
            statuses.append(ended.status)
            ballast.unlink()
            rotation.check(machine, ended)
        if ended.status == ExitStatus.OK:
            break
    assert statuses[0] in REFUSED
    assert statuses[-1] == ExitStatus.OK


def fill(ballast: Path, disk: Path, leave: int) -> None:
    """Write until only `leave` bytes are free."""
    free = os.statvfs(disk)
    ballast.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - leave))
    left = os.statvfs(disk)
    assert left.f_bavail * left.f_frsize == leave


@pytest.mark.parametrize("store", ["file", "exec"])
def test_a_limit_on_the_size_of_files_stops_a_rotation_cleanly(store: str, organization: Find) -> None:
    base = organization("local", store)
    rotation = Rotation(base)
    state, audit = base.state_path.stat().st_size, (base.folder / "audit.jsonl").stat().st_size
    edges = {state, audit, state + 500, audit + 1500}
    limits = sorted({edge + step for edge in edges for step in (-1, 0, 1, 200, 700)} | {2000, 64 * 1024})
    statuses = []
    for limit in limits:
        machine = base.copy()
        ended = machine.try_(ROTATE, file_size_limit=limit)
        statuses.append(ended.status)
        rotation.check(machine, ended)
        machine.destroy()
    assert statuses[0] in REFUSED
    assert statuses[-1] == ExitStatus.OK


def test_a_command_that_failed_for_want_of_room_has_given_the_lock_back(organization: Find) -> None:
    machine = organization("local", "file").copy()
    assert machine.try_(ROTATE, file_size_limit=2000).status in REFUSED
    machine.run(Command((*ROTATE.words, "--lock-timeout", "0"), ROTATE.key))
