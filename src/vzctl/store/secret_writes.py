"""Which secrets this machine's processes are writing to a secret store right now: one locked file for each version.

A deletion that has begun must not end while another process still writes the same secret: the secret would come after it and be
unknown to the state. The kernel drops the lock of a process that dies.

The order makes it safe: a writer takes the lock, then reads in the state that the version is in use; a deletion is recorded in
the state, then looks for the lock. So either the writer sees the deletion, or the deletion sees the writer.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vzctl.errors import StateError
from vzctl.store.atomic import make_private_directory, open_own_file


@contextmanager
def writing(folder: Path, version_id: str) -> Iterator[None]:
    """Mark a version's secret as being written inside of the block."""
    path = folder / version_id
    try:
        make_private_directory(folder)
        descriptor = _locked_file(path)
    except OSError as error:
        raise StateError(f'cannot write "{path}": {error.strerror}', code="STATE_NOT_WRITABLE") from error
    try:
        yield
    finally:
        _remove_if_alone(descriptor, path)
        os.close(descriptor)


def is_being_written(folder: Path, version_id: str) -> bool:
    """Whether a process writes this secret; the file of one that was killed is removed."""
    path = folder / version_id
    try:
        descriptor = open_own_file(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StateError(f'cannot read "{path}": {error.strerror}', code="STATE_UNREADABLE") from error
    try:
        return not _remove_if_alone(descriptor, path)
    finally:
        os.close(descriptor)


def _locked_file(path: Path) -> int:
    """Open and lock the file; again when it was removed before the lock was taken. Two writers of one version share the lock."""
    while True:
        descriptor = open_own_file(path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _remove_if_alone(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    with suppress(FileNotFoundError):
        path.unlink()
    return True
