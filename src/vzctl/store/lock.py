"""The lock between processes: a kernel lock on a file of its own, which dies with its holder."""

from __future__ import annotations

import contextlib
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
from vzctl.command import suggest_again
from vzctl.errors import StateError, StateLockedError
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


class HeldLock:
    """A lock that this process holds on the file that was at `path` when it was acquired."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path

    def is_current(self) -> bool:
        """Whether the locked file is still the one at the path: another process may have removed or replaced it."""
        return is_file_at(self._descriptor, self._path)


def is_file_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one at the path, links not followed."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


class Deadline:
    """How long the locks of one change may be waited for, all together."""

    def __init__(self, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self._started = time.monotonic()
        self._wait = _FIRST_WAIT_SECONDS
        self._said = False

    def pause(self, path: Path, on_wait: Callable[[str], None]) -> None:
        """Wait a moment; raise `StateLockedError` naming the holder when the time is over."""
        waited = time.monotonic() - self._started
        if waited >= self.timeout_seconds:
            raise StateLockedError(
                f"the state is locked by {_read_holder(path)}; waited {self.timeout_seconds:g} s",
                code="STATE_LOCKED",
                retryable=True,
                next_steps=(suggest_again("wait longer", lock_timeout="60"),),
            )
        if waited >= _NOTICE_AFTER_SECONDS and not self._said:
            on_wait(_read_holder(path))
            self._said = True
        # Jitter keeps many waiting processes from asking in step.
        time.sleep(min(self._wait, self.timeout_seconds - waited) * random.uniform(0.5, 1.0))  # noqa: S311
        self._wait = min(self._wait * 2, _LONGEST_WAIT_SECONDS)


@contextmanager
def locked(
    path: Path,
    holder: Holder,
    *,
    timeout_seconds: float = 0.0,
    deadline: Deadline | None = None,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Iterator[HeldLock]:
    """Hold the exclusive lock, or raise `StateLockedError` naming the holder after `timeout_seconds`.

    `on_wait` is called once, with the holder, when waiting takes longer than a moment. A lock on a file that is no longer at
    the path excludes nobody: then the file that is there now is locked instead.
    """
    deadline = deadline or Deadline(timeout_seconds)
    while True:
        try:
            descriptor = open_own_file(path, os.O_RDWR | os.O_CREAT)
        except FileNotFoundError:  # the folder was removed a moment ago
            deadline.pause(path, on_wait)
            with contextlib.suppress(OSError):
                path.parent.mkdir(mode=0o700)
            continue
        except OSError as error:
            raise StateError(f'cannot open the lock "{path}": {error.strerror}', code="STATE_NOT_WRITABLE") from error
        try:
            _acquire(descriptor, path, deadline, path, on_wait)
            held = HeldLock(descriptor, path)
            if not held.is_current():
                continue
            _introduce(descriptor, holder)
            yield held
            return
        finally:
            os.close(descriptor)


def lock_open_file(
    descriptor: int, path: Path, deadline: Deadline, holder_path: Path, on_wait: Callable[[str], None]
) -> bool:
    """Lock a file that is open for reading; False where the file system locks no such file."""
    try:
        _acquire(descriptor, path, deadline, holder_path, on_wait)
    except StateLockedError:
        raise
    except StateError:
        return False
    return True


def _acquire(
    descriptor: int, path: Path, deadline: Deadline, holder_path: Path, on_wait: Callable[[str], None]
) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            deadline.pause(holder_path, on_wait)
        except OSError as error:
            raise StateError(f'cannot lock "{path}": {error.strerror}', code="STATE_NOT_WRITABLE") from error
        else:
            return


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
            return str(Holder(**load_json(file.read(RECORD.size + 1), RECORD)))
    except (OSError, ValueError, TypeError):
        return "another process"
