"""`vzctl state backups`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.store.snapshots import Backup
from vzctl.store.state_store import AuditEntry
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome


@dataclass(frozen=True, slots=True)
class BackupRow:
    """One backup, and the change that replaced its state. Without an entry in the audit, `saved_at` is the file's time."""

    serial: int
    saved_at: datetime
    size_bytes: int
    path: str
    id: str
    command: str | None
    subjects: tuple[str, ...]
    user: str | None
    host: str | None

    columns: ClassVar[Columns] = (
        ("SERIAL", "serial"),
        ("SAVED", "saved_at"),
        ("BYTES", "size_bytes"),
        ("PATH", "path"),
        ("ID", "id"),
        ("REPLACED BY", "command"),
        ("SUBJECTS", "subjects"),
        ("USER", "user"),
        ("HOST", "host"),
    )
    human_columns: ClassVar[Columns] = (
        ("BACKUP", "id"),
        ("SAVED", "saved_at"),
        ("REPLACED BY", "command"),
        ("SUBJECTS", "subjects"),
        ("USER", "user"),
    )


@dataclass(frozen=True, slots=True)
class BackupList:
    """Backups, the last that was written first."""

    backups: tuple[BackupRow, ...]


def list_state_backups(context: Context) -> Outcome[BackupList]:
    """Return the backups, the last that was written first, with the change that replaced each."""
    found = context.state_store.list_backups()
    changes = {item.backup: item for item in context.state_store.audit.entries(0) if item.backup is not None}
    return Outcome(data=BackupList(tuple(_backup_row(item, changes.get(item.name)) for item in found)))


def _backup_row(backup: Backup, change: AuditEntry | None) -> BackupRow:
    if change is None:
        return BackupRow(backup.serial, backup.saved_at, backup.size, backup.location, backup.id, None, (), None, None)
    return BackupRow(
        backup.serial,
        _time(change.time) or backup.saved_at,
        backup.size,
        backup.location,
        backup.id,
        change.command,
        change.subjects,
        change.user,
        change.host,
    )


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
