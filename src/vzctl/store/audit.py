"""Who changed what, when: JSON lines, an intent before each change and its outcome after it. Never a secret."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from vzctl.bounded_text import RECORD, load_json
from vzctl.command import suggest
from vzctl.errors import StateError
from vzctl.store.atomic import append_line, make_private_directory, open_own_file
from vzctl.store.state_store import AuditEntry, Change

INTENT = "intent"
OUTCOME = "outcome"


class AuditLog:
    """The audit file of one state."""

    def __init__(self, path: Path, *, host: str, user: str) -> None:
        self._path = path
        self._host = host
        self._user = user

    def intend(
        self,
        change_id: str,
        serial: int,
        change: Change,
        at: datetime,
        *,
        is_note: bool = False,
        backup: str | None = None,
    ) -> None:
        """Append the intent; raise `StateError` when it cannot be written, so that nothing happens unrecorded.

        A note is about the state of that serial and does not make it.
        """
        record: dict[str, Any] = {
            "id": change_id,
            "phase": INTENT,
            "serial": serial,
            "time": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "host": self._host,
            "user": self._user,
            "command": change.command,
            "subjects": list(change.subjects),
            "details": list(change.details),
        }
        if is_note:
            record["note"] = True
        if backup is not None:
            record["backup"] = backup
        try:
            make_private_directory(self._path.parent)  # it may have been removed a moment ago
            append_line(self._path, json.dumps(record, ensure_ascii=False).encode())
        except OSError as error:
            raise StateError(
                f'cannot write the audit log "{self._path}": {error.strerror or error}; nothing was changed',
                code="AUDIT_NOT_WRITABLE",
                next_steps=(suggest("state check", comment="once there is room and the right to write"),),
            ) from error

    def conclude(self, change_id: str, serial: int, outcome: str) -> bool:
        """Append the outcome; False when that failed: the change itself stands, and the intent is on record."""
        record = {"id": change_id, "phase": OUTCOME, "serial": serial, "outcome": outcome}
        try:
            append_line(self._path, json.dumps(record).encode())
        except OSError:
            return False
        return True

    def entries(self, state_serial: int) -> list[AuditEntry]:
        """Return every change, oldest first. Torn or foreign lines are passed over: reading must work after any crash.

        An intent whose outcome a crash swallowed counts as `done` when the state has reached its serial and no other
        intent claimed it.
        """
        intents: dict[str, dict[str, Any]] = {}
        outcomes: dict[str, str] = {}
        for record in self._records():
            if record.get("phase") == INTENT:
                intents[str(record.get("id"))] = record
            elif record.get("phase") == OUTCOME:
                outcomes[str(record.get("id"))] = str(record.get("outcome"))
        last_claim = {_serial(record): change_id for change_id, record in intents.items() if not record.get("note")}
        entries = []
        for change_id, record in intents.items():
            outcome = outcomes.get(change_id)
            serial = _serial(record)
            if outcome is None and 0 < serial <= state_serial and last_claim.get(serial) == change_id:
                outcome = "done"
            entries.append(_entry(change_id, record, outcome))
        return entries

    def _records(self) -> Iterator[dict[str, Any]]:
        try:
            file = os.fdopen(open_own_file(self._path, os.O_RDONLY), "rb")
        except FileNotFoundError:
            return
        except OSError as error:
            raise StateError(
                f'cannot read the audit log "{self._path}": {error.strerror}', code="AUDIT_UNREADABLE"
            ) from error
        with file:
            for line in _lines(file):
                try:
                    record = load_json(line, RECORD)
                except ValueError:
                    continue
                if isinstance(record, dict):
                    yield record


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines; one that is longer than any that vzctl writes comes in pieces, none of which is an entry."""
    while line := file.readline(RECORD.size + 1):
        yield line


def _entry(change_id: str, record: dict[str, Any], outcome: str | None) -> AuditEntry:
    return AuditEntry(
        id=change_id,
        serial=_serial(record),
        time=str(record.get("time", "")),
        host=str(record.get("host", "")),
        user=str(record.get("user", "")),
        command=str(record.get("command", "")),
        subjects=_texts(record.get("subjects")),
        details=_texts(record.get("details")),
        outcome=outcome,
        backup=record["backup"] if isinstance(record.get("backup"), str) else None,
    )


def _serial(record: dict[str, Any]) -> int:
    serial = record.get("serial")
    return serial if isinstance(serial, int) else 0


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
