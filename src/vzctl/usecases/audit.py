"""Who changed what, when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vzctl.errors import StateError, UsageError
from vzctl.store.state_store import AuditEntry
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change; `outcome` is `done`, `failed`, or `unknown` when a crash swallowed it."""

    serial: int
    time: str
    host: str
    user: str
    command: str
    outcome: str
    subjects: tuple[str, ...]
    details: tuple[str, ...]

    columns: ClassVar[Columns] = (
        ("SERIAL", "serial"),
        ("TIME", "time"),
        ("OUTCOME", "outcome"),
        ("WHAT", "details"),
        ("COMMAND", "command"),
        ("USER", "user"),
        ("HOST", "host"),
    )


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Changes, oldest first."""

    changes: tuple[AuditRow, ...]


def show_audit(context: Context, *, subject: str | None = None, limit: int | None = None) -> Outcome[AuditTrail]:
    """Return the changes, of one subject or all, the last `limit` of them. Works beside a broken state too."""
    if limit is not None and limit < 0:
        raise UsageError(f"--limit takes 0 or more, not {limit}", code="USAGE")
    try:
        serial = context.state_store.read().serial
    except StateError:
        serial = 0
    chosen = [item for item in context.state_store.audit.entries(serial) if subject is None or subject in item.subjects]
    if limit is not None:
        chosen = chosen[-limit:] if limit else []
    return Outcome(data=AuditTrail(tuple(_row(item) for item in chosen)))


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        entry.serial,
        entry.time,
        entry.host,
        entry.user,
        entry.command,
        entry.outcome or "unknown",
        entry.subjects,
        entry.details,
    )
