"""The lock between processes: a kernel lock on a file of its own, which dies with its holder."""

from __future__ import annotations

import fcntl
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vzctl.bounded_text import RECORD, load_json
from vzctl.errors import NextStep, StateError, StateLockedError
from vzctl.store.atomic import open_own_file

_FIRST_WAIT_SECONDS: Final = 0.005
_LONGEST_WAIT_SECONDS: Final = 0.05
_NOTICE_AFTER_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, as written into the lock file for the message of those who wait."""

    pid: int
    host: str
    command: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}: {self.command}, since {self.since}"


@contextmanager
def locked(
    path: Path, holder: Holder, *, timeout_seconds: float, on_wait: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """Hold the exclusive lock, or raise `StateLockedError` naming the holder after `timeout_seconds`.

    `on_wait` is called once, with the holder, when waiting takes longer than a moment. The lock file stays: removing it
    would let two processes lock two files of one name.
    """
    try:
        descriptor = open_own_file(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise StateError(f'cannot open the lock "{path}": {error.strerror}', code="STATE_NOT_WRITABLE") from error
    try:
        _acquire(descriptor, path, timeout_seconds, on_wait)
        _introduce(descriptor, holder)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, timeout_seconds: float, on_wait: Callable[[str], None]) -> None:
    started = time.monotonic()
    wait = _FIRST_WAIT_SECONDS
    said = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - started
        except OSError as error:
            raise StateError(f'cannot lock "{path}": {error.strerror}', code="STATE_NOT_WRITABLE") from error
        else:
            return
        if waited >= timeout_seconds:
            raise StateLockedError(
                f"the state is locked by {_read_holder(path)}; waited {timeout_seconds:g} s",
                code="STATE_LOCKED",
                retryable=True,
                next_steps=(NextStep("the same command with --lock-timeout 60", "wait longer"),),
            )
        if waited >= _NOTICE_AFTER_SECONDS and not said:
            on_wait(_read_holder(path))
            said = True
        # Jitter keeps many waiting processes from asking in step.
        time.sleep(min(wait, timeout_seconds - waited) * random.uniform(0.5, 1.0))  # noqa: S311
        wait = min(wait * 2, _LONGEST_WAIT_SECONDS)


def _introduce(descriptor: int, holder: Holder) -> None:
    text = json.dumps({"pid": holder.pid, "host": holder.host, "command": holder.command, "since": holder.since})
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
    except OSError:
        # Only the message of those who wait depends on it; a full disk is reported by the write that matters.
        return


def _read_holder(path: Path) -> str:
    try:
        descriptor = open_own_file(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            return str(Holder(**load_json(file.read(RECORD.bytes + 1), RECORD)))
    except (OSError, ValueError, TypeError):
        return "another process"
