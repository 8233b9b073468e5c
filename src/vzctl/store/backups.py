"""The states before this one, kept beside the file: one backup for each change.

Backups are ordered by the order in which they were written, which their names hold. The clock and the times of the files do not
decide: a clock may be wrong, and a copy of the folder has new times. Almost always the order of a backup is the serial of its
state, `00000012.toml`. A state with a lower serial may be replaced later, after a checkout of an older file for example; its
backup gets the next number and names its serial too: `00000013-00000004.toml`.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from vzctl.store.atomic import make_private_directory, write_atomic
from vzctl.store.snapshots import Backup

KEPT: Final = 50
"""So many backups are always kept: a rotation on `astra` writes six."""
KEPT_FOR: Final = timedelta(days=30)
"""Older backups than those are kept for this time, within `KEPT_AT_MOST` and `KEPT_BYTES`."""
KEPT_AT_MOST: Final = 1000
KEPT_BYTES: Final = 64 * 1024 * 1024

_NAME: Final = re.compile(r"([0-9]{8,100})(?:-([0-9]{8,100}))?\.toml", re.ASCII)


@dataclass(frozen=True, slots=True)
class BackupFile(Backup):
    """A backup in a file; `saved_at` is the file's time."""

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.location)


def save(folder: Path, name: str, data: bytes) -> None:
    """Write the bytes of a state as the backup of that name; raises `OSError`."""
    make_private_directory(folder)
    write_atomic(folder / name, data)


def next_name(folder: Path, serial: int) -> str:
    """Return the name of the next backup, of the state of that serial; raises `OSError`."""
    order = next_order(list_backups(folder), serial)
    return f"{order:08d}.toml" if order == serial else f"{order:08d}-{serial:08d}.toml"


def next_order(found: Sequence[Backup], serial: int) -> int:
    """Return the place of one more backup, of the state of that serial, after those that were found."""
    return max(serial, found[0].order + 1) if found else serial


def prune(folder: Path, *, now: datetime, keep: int = KEPT) -> None:
    """Delete old backups: all but the newest `keep` and, within bounds, those that are younger than `KEPT_FOR`.

    A backup that cannot be deleted is left for the next time.
    """
    size = 0
    for number, backup in enumerate(list_backups(folder)):
        size += backup.size
        if number < keep or (
            now - backup.saved_at < KEPT_FOR and number < max(keep, KEPT_AT_MOST) and size <= KEPT_BYTES
        ):
            continue
        with contextlib.suppress(OSError):
            os.unlink(backup.path)


def list_backups(folder: Path) -> list[BackupFile]:
    """Return the backups, the last that was written first; raises `OSError` when the folder cannot be read."""
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for entry in os.scandir(folder):
            name = _NAME.fullmatch(entry.name)
            if name is None or not entry.is_file(follow_symlinks=False):
                continue
            with contextlib.suppress(FileNotFoundError):  # deleted by a change meanwhile
                found.append(of_file(Path(entry.path), int(name[1]), int(name[2] or name[1])))
    return sorted(found, key=lambda backup: (backup.order, backup.serial), reverse=True)


def of_file(path: Path, order: int, serial: int) -> BackupFile:
    """Return a file with a state as the backup of that order and serial; raises `OSError`."""
    status = path.lstat()
    return BackupFile(order, serial, _time_of(status), status.st_size, path.name, str(path))


def _time_of(status: os.stat_result) -> datetime:
    try:
        return datetime.fromtimestamp(int(status.st_mtime), tz=UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, tz=UTC)
