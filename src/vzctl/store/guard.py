"""What keeps two writers from one state file: held while a change is read, made and written.

The lock file beside the state names its holder and lets others wait. It may be removed while it is held (`git clean`, a
directory that is moved), and then another process locks another file of that name. So the state file itself is locked as well:
its writer holds the file that it replaces, and replaces it only while that is the file at the path. Whoever waits for a
replaced file finds that out and begins again with the new one. A state that is missing is created, never replaced.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vzctl.errors import StateError, StateReplacedError
from vzctl.store.atomic import put_if_absent, replace, write_atomic
from vzctl.store.lock import Deadline, HeldLock, Holder, is_file_at, lock_open_file, locked


class Guard:
    """The right to write one state file, as long as nobody else has replaced it."""

    def __init__(self, path: Path, lock: HeldLock, descriptor: int | None, *, is_locked: bool) -> None:
        self._path = path
        self._lock = lock
        self._descriptor = descriptor
        self._is_locked = is_locked
        self._before = None if descriptor is None else _content_of(os.fstat(descriptor))

    @property
    def is_missing(self) -> bool:
        """Whether there was no state file when the guard was acquired."""
        return self._descriptor is None

    def put(self, name: str, path: Path) -> None:
        """Put a temporary file in the state's place; raise `StateReplacedError` when the state is not what was guarded."""
        if self._descriptor is None:
            try:
                put_if_absent(name, path)
            except FileExistsError:
                raise replaced_meanwhile() from None
            return
        status = os.fstat(self._descriptor)
        is_same = is_file_at(self._descriptor, self._path) and _content_of(status) == self._before
        if not is_same or not (self._is_locked or self._lock.is_current()):
            raise replaced_meanwhile()
        replace(name, path)


def replaced_meanwhile() -> StateReplacedError:
    """Return the error for a state file that another program replaced or edited during a change."""
    return StateReplacedError(
        "another program replaced or edited the state file during this change; nothing was changed",
        code="STATE_REPLACED",
        retryable=True,
    )


@contextmanager
def guarded(
    state: Path, lock: Path, holder: Holder, *, timeout_seconds: float, on_wait: Callable[[str], None]
) -> Iterator[Guard]:
    """Hold the lock file and the state file; raise `StateLockedError` naming the holder after `timeout_seconds`."""
    deadline = Deadline(timeout_seconds)
    with locked(lock, holder, deadline=deadline, on_wait=on_wait) as held:
        while True:
            descriptor = _open(state)
            try:
                is_locked = descriptor is not None and lock_open_file(descriptor, state, deadline, lock, on_wait)
                if descriptor is None or is_file_at(descriptor, state):
                    yield Guard(state, held, descriptor, is_locked=is_locked)
                    return
            finally:
                if descriptor is not None:
                    os.close(descriptor)


def _open(path: Path) -> int | None:
    """Open the state file for locking; None when there is none, or none that can be opened: reading it says why."""
    for access in (os.O_RDWR, os.O_RDONLY):  # a network file system locks only what is open for writing
        try:
            descriptor = os.open(path, access | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENXIO):
                continue
            return None
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise StateError(f'"{path}" is not a regular file', code="STATE_BROKEN")
    return None


def _content_of(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def replace_file(path: Path, expected: bytes, data: bytes, *, timeout_seconds: float) -> None:
    """Replace a state file that is not this command's own, such as one of a merge, while it still has the expected bytes."""
    descriptor = _open(path)
    if descriptor is None:
        raise replaced_meanwhile()
    try:
        is_locked = lock_open_file(descriptor, path, Deadline(timeout_seconds), path, lambda _: None)
        if path.read_bytes() != expected:
            raise replaced_meanwhile()
        guard = Guard(path, HeldLock(descriptor, path), descriptor, is_locked=is_locked)
        write_atomic(path, data, mode=stat.S_IMODE(os.fstat(descriptor).st_mode), put=guard.put)
    finally:
        os.close(descriptor)
