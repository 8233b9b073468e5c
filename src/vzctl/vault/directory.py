"""Private directories that survive a power cut."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o700


def ensure_directory(path: Path) -> None:
    """Create `path` and what is missing above it, for the owner only; what exists is left as it is."""
    if path.is_dir():
        return
    ensure_directory(path.parent)
    try:
        # `Path.mkdir(parents=True)` would give the mode to the last directory only.
        path.mkdir(PRIVATE)
    except FileExistsError:
        if not path.is_dir() and os.path.lexists(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None
    else:
        sync_directory(path.parent)


def remove_empty(path: Path, *, below: Path) -> None:
    """Remove `path` and what is above it up to `below`, as far as it is empty."""
    while path != below:
        try:
            path.rmdir()
        except OSError:
            return
        path = path.parent


def sync_directory(path: Path) -> None:
    """Make the entries of a directory durable, where the system can open a directory (not on Windows)."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
