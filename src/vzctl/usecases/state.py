"""The state file itself: where it is, whether it is sound, its backups, and a copy for elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final

from vzctl.command import Command, NextStep, suggest
from vzctl.domain.difference import differences
from vzctl.domain.problems import Problem
from vzctl.domain.restoration import Restoration
from vzctl.domain.state import State
from vzctl.errors import ExitStatus, UsageError
from vzctl.store.audit import AuditEntry, Change
from vzctl.store.backups import Backup
from vzctl.store.restore import plan_restore, restore
from vzctl.store.schema import FOOTER, format_state
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.outcome import Columns, Notice, Outcome
from vzctl.usecases.state_problems import state_problems


@dataclass(frozen=True, slots=True)
class StateLocation:
    """Where the state and its companions are; `path` as given, `real_path` with links followed."""

    path: str
    real_path: str
    folder: str
    audit: str
    exists: bool
    source: str


@dataclass(frozen=True, slots=True)
class StateSummary:
    """The head of the state and how much it holds."""

    path: str
    schema: int
    lineage: str
    serial: int
    vzctl: str
    organization: str
    control_plane: str
    integrations: int
    databases: int
    credentials: int
    collections: int
    columns: int
    open_rotations: int
    open_revocations: int


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """Something recorded that breaks a rule, and the command that helps."""

    code: str
    subject: str
    message: str
    command: Command

    columns: ClassVar[Columns] = (
        ("CODE", "code"),
        ("SUBJECT", "subject"),
        ("PROBLEM", "message"),
        ("COMMAND", "command"),
    )


@dataclass(frozen=True, slots=True)
class StateCheck:
    """A readable state's problems; a broken state is an error instead (exit 9)."""

    path: str
    serial: int
    problems: tuple[ProblemRow, ...]


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


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One record that a restore changes, or that two states do not share."""

    kind: str
    name: str
    change: str
    details: tuple[str, ...]

    columns: ClassVar[Columns] = (
        ("KIND", "kind"),
        ("NAME", "name"),
        ("CHANGE", "change"),
        ("DETAILS", "details"),
    )


@dataclass(frozen=True, slots=True)
class Restored:
    """The state that was restored; its serial is higher than any before it, but in a dry run that of the backup."""

    path: str
    restored_serial: int
    serial: int
    backup: str
    changes: tuple[DifferenceRow, ...]


@dataclass(frozen=True, slots=True)
class RestoreState:
    """Put a backup in place: a serial, or `latest`."""

    which: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """The state as TOML text without its lineage: fit for support and for comparing, not for secrets."""

    toml: str

    @property
    def raw_text(self) -> str:
        """What is printed as it is, in no table."""
        return self.toml


def locate(context: Context, source: str) -> Outcome[StateLocation]:
    """Return the paths; reads nothing."""
    paths = context.state_file.paths
    shown = context.state_file.shown_path
    return Outcome(
        data=StateLocation(
            shown, str(paths.state), str(paths.folder), str(paths.audit), context.state_file.exists(), source
        )
    )


def show_state(context: Context) -> Outcome[StateSummary]:
    """Return the head of the state."""
    state = context.state_file.read()
    return Outcome(
        data=StateSummary(
            path=context.state_file.shown_path,
            schema=state.schema,
            lineage=state.lineage,
            serial=state.serial,
            vzctl=state.vzctl,
            organization=state.organization.name,
            control_plane=state.organization.control_plane.value,
            integrations=len(state.integrations),
            databases=len(state.databases),
            credentials=len(state.credentials),
            collections=len(state.collections),
            columns=len(state.columns),
            open_rotations=sum(item.is_open for item in state.rotations),
            open_revocations=len(state.open_revocations()),
        )
    )


def check_state(context: Context, *, exit_code: bool = True) -> Outcome[StateCheck]:
    """Return what breaks a rule; unless `exit_code` is off, status `CHANGES` when anything does."""
    state = context.state_file.read()
    rows = tuple(problem_row(item) for item in state_problems(context, state))
    return Outcome(
        data=StateCheck(context.state_file.shown_path, state.serial, rows),
        summary=() if rows else ("the state is sound",),
        next_steps=tuple(NextStep(item.command, item.message) for item in rows[:5]),
        status=ExitStatus.CHANGES if rows and exit_code else ExitStatus.OK,
    )


def problem_row(problem: Problem) -> ProblemRow:
    """Return the view of a problem."""
    return ProblemRow(problem.code, problem.subject, problem.message, problem.next_step.command)


def list_state_backups(context: Context) -> Outcome[BackupList]:
    """Return the backups, the last that was written first, with the change that replaced each."""
    found = context.state_file.list_backups()
    changes = {item.backup: item for item in context.state_file.audit.entries(0) if item.backup is not None}
    return Outcome(data=BackupList(tuple(_backup_row(item, changes.get(item.path.name)) for item in found)))


def _backup_row(backup: Backup, change: AuditEntry | None) -> BackupRow:
    if change is None:
        return BackupRow(backup.serial, backup.saved_at, backup.size, str(backup.path), backup.id, None, (), None, None)
    return BackupRow(
        backup.serial,
        _time(change.time) or backup.saved_at,
        backup.size,
        str(backup.path),
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


def restore_state(context: Context, request: RestoreState) -> Outcome[Restored]:
    """Put a backup in the state's place; what is known of keys is carried over (`vzctl.domain.restoration`)."""
    context.require_writable()
    which = request.which
    if which != "latest" and not re.fullmatch(r"[0-9]{1,100}(\.[0-9]{1,100})?", which, re.ASCII):
        raise UsageError(
            "give a serial, or latest", code="USAGE", next_steps=(suggest("state backups", comment="list the backups"),)
        )
    plan = plan_restore(context.state_file, which)
    backup, serial = plan.backup, plan.backup.serial
    changes = difference_rows(plan.latest, plan.restoration.state)
    shown = context.state_file.shown_path
    lines = (*_plan_lines(changes), *_RESTORE_LINES)
    if request.dry_run:
        return Outcome(
            data=Restored(shown, serial, serial, backup.id, changes),
            summary=(f"would restore serial {serial}", *_plan_lines(changes)),
        )
    context.confirm(Question(f"Restore the state of serial {serial}?", str(serial), Danger.SEVERE, lines))
    change = Change(
        context.state_file.actor.command, (f"serial {backup.id}",), (f"restore the state of serial {backup.id}",)
    )
    restoration = restore(context.state_file, plan, change)
    serial_now = restoration.state.serial
    return Outcome(
        data=Restored(shown, serial, serial_now, backup.id, changes),
        changed=True,
        summary=(f"restored the state of serial {serial}; it is serial {serial_now} now",),
        warnings=_notices(restoration, serial),
        next_steps=(
            suggest("state check", comment="what does not fit together"),
            *(suggest("secrets put", name, comment="hand its key in again") for name in restoration.lost_keys()),
            *(suggest("credentials rotate", name, comment="give it a new key") for name in restoration.revoked_keys()),
        ),
    )


def difference_rows(before: State, after: State) -> tuple[DifferenceRow, ...]:
    """Return the view of what must change in `before` to get `after`."""
    return tuple(DifferenceRow(item.kind, item.name, item.change, item.details) for item in differences(before, after))


_RESTORE_LINES: Final = (
    "everything that was changed since is forgotten here; nothing at Astra or at a provider changes",
    "what is known of keys stays known: those held, those to revoke, and a key in force whose predecessor is gone",
)
SHOWN_AT_MOST: Final = 40
"""Lines of a plan that a user can read before a question; `--dry-run -o json` has all of them."""


def _plan_lines(changes: Sequence[DifferenceRow]) -> tuple[str, ...]:
    lines = [_plan_line(item) for item in changes[:SHOWN_AT_MOST]]
    if len(changes) > SHOWN_AT_MOST:
        lines.append(f"and {len(changes) - SHOWN_AT_MOST} more changes")
    return tuple(lines) or ("no record changes",)


def _plan_line(row: DifferenceRow) -> str:
    details = f": {', '.join(row.details)}" if row.details else ""
    return f'{row.change} {row.kind} "{row.name}"{details}'


def _notices(restoration: Restoration, serial: int) -> tuple[Notice, ...]:
    """Return what did not become as it was."""
    told = (
        ("KEY_KEPT", restoration.kept_keys(), f'"{{}}" keeps the key it has now, not the one of serial {serial}'),
        ("KEY_NOT_HELD", restoration.lost_keys(), 'the key of "{}" was deleted from the store since'),
        ("CREDENTIAL_REMOVED", restoration.gone(), '"{}" was removed at the Portal since, and is not brought back'),
        (
            "KEY_COMPROMISED",
            restoration.keyless(),
            'the key of "{}" is compromised and is not brought back; give the credential another key',
        ),
        (
            "CERTIFICATE_NAME_KEPT",
            restoration.without_certificate(),
            'the certificate name of "{}" was removed or changed since, and is not brought back',
        ),
        ("KEY_REVOKED", restoration.revoked_keys(), 'the key of "{}" was revoked at its provider since'),
    )
    return tuple(Notice(code, text.format(name), name) for code, names, text in told for name in names)


def export_state(context: Context) -> Outcome[Exported]:
    """Return the state without lineage, fingerprint salt and keys that vzctl does not know: nobody says what those hold."""
    state = context.state_file.read()
    text = format_state(_without_extras(state)).decode().removesuffix(FOOTER)
    kept = [
        line
        for line in text.removesuffix("\n").split("\n")
        if not line.startswith(("lineage = ", "fingerprint_salt = "))
    ]
    return Outcome(data=Exported("\n".join(kept) + "\n"))


def _without_extras(value: Any) -> Any:
    """Return a value of the state without keys that are not of its schema, at every depth."""
    if isinstance(value, tuple):
        return tuple(_without_extras(item) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    known = {item.name: _without_extras(getattr(value, item.name)) for item in fields(value) if item.name != "extra"}
    return replace(value, **known, **({"extra": {}} if hasattr(value, "extra") else {}))
