"""The lock: exclusive between processes and within one, named, bounded, and gone with its process."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vzctl.command import suggest_again
from vzctl.errors import ExitStatus, StateError, StateLockedError
from vzctl.store.lock import Holder, locked

HOLDER = Holder(pid=4711, host="workbench", command="credentials rotate", since="2026-01-31T12:00:00Z")
OTHER = Holder(pid=4712, host="workbench", command="scope add", since="2026-01-31T12:00:01Z")
HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(descriptor, fcntl.LOCK_EX)
os.pwrite(descriptor, sys.argv[2].encode(), 0)
print("held", flush=True)
sys.stdin.read()
"""


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    monkeypatch.setattr(time, "sleep", made.sleep)
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    return made


@contextmanager
def held_by_process(path: Path, text: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path, text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def refused(
    path: Path, holder: Holder = OTHER, timeout_seconds: float = 0, on_wait: Callable[[str], None] = lambda _: None
) -> StateLockedError:
    with (
        pytest.raises(StateLockedError) as caught,
        locked(path, holder, timeout_seconds=timeout_seconds, on_wait=on_wait),
    ):
        pytest.fail("two hold one lock")
    return caught.value


def introduction(holder: Holder) -> str:
    return json.dumps({"pid": holder.pid, "host": holder.host, "command": holder.command, "since": holder.since})


def test_the_holder_writes_who_it_is_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    before = os.umask(0)
    try:
        with locked(path, HOLDER, timeout_seconds=0):
            assert path.read_text() == introduction(HOLDER)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with locked(path, OTHER, timeout_seconds=0):
        assert path.read_text() == introduction(OTHER)


def test_a_shorter_introduction_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("x" * 500)
    with locked(path, HOLDER, timeout_seconds=0):
        assert path.read_text() == introduction(HOLDER)


def test_a_second_one_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path, HOLDER, timeout_seconds=0):
        error = refused(path)
    assert error.message == (
        "the state is locked by process 4711 on workbench: credentials rotate, since 2026-01-31T12:00:00Z; waited 0 s"
    )
    assert (error.code, error.exit_status, error.retryable) == ("STATE_LOCKED", ExitStatus.STATE, True)
    assert error.next_steps == (suggest_again("wait longer", lock_timeout="60"),)
    assert path.read_text() == introduction(HOLDER)


def test_it_waits_no_longer_than_it_was_told_and_never_long_at_once(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "lock"
    with locked(path, HOLDER, timeout_seconds=0):
        assert refused(path, timeout_seconds=0.7).message.endswith("; waited 0.7 s")
    assert clock.now == pytest.approx(0.7)
    assert max(clock.sleeps) <= 0.05


def test_who_waits_is_told_once_and_not_before_a_moment_has_passed(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "lock"
    told: list[tuple[float, str]] = []
    with locked(path, HOLDER, timeout_seconds=0):
        refused(path, timeout_seconds=5, on_wait=lambda who: told.append((clock.now, who)))
    ((moment, who),) = told
    assert 1.0 <= moment < 1.1
    assert who == str(HOLDER)


def test_a_short_wait_is_not_talked_about(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "lock"
    told: list[str] = []
    with locked(path, HOLDER, timeout_seconds=0):
        refused(path, timeout_seconds=0.9, on_wait=told.append)
    assert told == []


def test_it_goes_on_as_soon_as_the_other_lets_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    first = locked(path, HOLDER, timeout_seconds=0)
    first.__enter__()
    monkeypatch.setattr(time, "sleep", lambda _: first.__exit__(None, None, None))
    with locked(path, OTHER, timeout_seconds=60):
        assert path.read_text() == introduction(OTHER)


def test_another_process_is_kept_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held_by_process(path, introduction(OTHER)):
        assert "locked by process 4712 on workbench" in refused(path, HOLDER, 0.05).message


@pytest.mark.parametrize("text", ["", "not JSON", "[]", '{"pid": 1}', '{"pid": 1, "surplus": 2}', "5"])
def test_a_holder_that_does_not_say_who_it_is_is_another_process(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock"
    with held_by_process(path, text):
        assert "locked by another process; waited" in refused(path, HOLDER).message


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held_by_process(path, introduction(OTHER)) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with locked(path, HOLDER, timeout_seconds=0):
            assert path.read_text() == introduction(HOLDER)


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_the_lock_is_let_go_when_the_work_fails(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "lock"
    with pytest.raises(failure), locked(path, HOLDER, timeout_seconds=0):
        raise failure
    with locked(path, OTHER, timeout_seconds=0):
        pass


def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path, HOLDER, timeout_seconds=0):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        # A moment: the new process runs before the kernel has closed what it does not inherit.
        with locked(path, OTHER, timeout_seconds=10):
            pass
    finally:
        child.kill()
        child.communicate()


def test_a_lock_that_cannot_be_opened_is_a_state_error(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(StateError) as caught, locked(tmp_path / "lock", HOLDER, timeout_seconds=0):
        pytest.fail("no lock was made")
    assert (caught.value.code, caught.value.message) == (
        "STATE_NOT_WRITABLE",
        f'cannot open the lock "{tmp_path / "lock"}": Is a directory',
    )


def test_a_file_system_without_locks_is_a_state_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StateError) as caught, locked(tmp_path / "lock", HOLDER, timeout_seconds=0):
        pytest.fail("no lock was made")
    assert (caught.value.code, caught.value.message) == (
        "STATE_NOT_WRITABLE",
        f'cannot lock "{tmp_path / "lock"}": No locks available',
    )


def test_a_full_disk_does_not_keep_anybody_from_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    path = tmp_path / "lock"
    with locked(path, HOLDER, timeout_seconds=0):
        assert path.read_text() == ""
