"""The last states, kept beside the file: one backup a change, the oldest dropped."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vzctl.store.atomic import make_private_directory, write_atomic

KEPT: Final = 10


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: the state as it was at `serial`, replaced at `saved_at`."""

    serial: int
    saved_at: datetime
    size: int
    path: Path


def save(folder: Path, serial: int, data: bytes) -> Path:
    """Write the bytes of the state of that serial; raises `OSError`."""
    make_private_directory(folder)
    path = folder / f"{serial:08d}.toml"
    write_atomic(path, data)
    return path


def prune(folder: Path, keep: int = KEPT) -> None:
    """Drop all but the newest `keep` backups; one that cannot be dropped is left for the next time."""
    for backup in list_backups(folder)[keep:]:
        with contextlib.suppress(OSError):
            os.unlink(backup.path)


def list_backups(folder: Path) -> list[Backup]:
    """Return the backups, newest first: by time, since after a checkout of an older state the newest has a low serial."""
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for entry in os.scandir(folder):
            stem, _, kind = entry.name.partition(".")
            if kind == "toml" and stem.isascii() and stem.isdigit() and entry.is_file(follow_symlinks=False):
                status = entry.stat()
                saved_at = datetime.fromtimestamp(int(status.st_mtime), tz=UTC)
                found.append(Backup(int(stem), saved_at, status.st_size, Path(entry.path)))
    return sorted(found, key=lambda backup: (backup.saved_at, backup.serial), reverse=True)
