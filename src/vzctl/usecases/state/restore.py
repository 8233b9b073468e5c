"""`vzctl state restore`: put a backup in the state's place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from vzctl.command import suggest
from vzctl.domain.checks.difference import differences
from vzctl.domain.rotation.restoration import Restoration
from vzctl.domain.state.state import State
from vzctl.errors import UsageError
from vzctl.store.restore import plan_restore, restore
from vzctl.store.state_store import Change
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.outcome import Columns, Notice, Outcome


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One record that a restore changes, or that two states do not share."""

    kind: str
    name: str
    change: str
    details: tuple[str, ...]

    columns: ClassVar[Columns] = (("KIND", "kind"), ("NAME", "name"), ("CHANGE", "change"), ("DETAILS", "details"))


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


def restore_state(context: Context, request: RestoreState) -> Outcome[Restored]:
    """Put a backup in the state's place; what is known of keys is carried over (`vzctl.domain.rotation.restoration`)."""
    context.require_writable()
    which = request.which
    if which != "latest" and not re.fullmatch(r"[0-9]{1,100}(\.[0-9]{1,100})?", which, re.ASCII):
        raise UsageError(
            "give a serial, or latest", code="USAGE", next_steps=(suggest("state backups", comment="list the backups"),)
        )
    plan = plan_restore(context.state_store, which, now=context.now, new_id=context.new_id)
    backup, serial = plan.backup, plan.backup.serial
    changes = difference_rows(plan.latest, plan.restoration.state)
    shown = context.state_store.location
    lines = (*_plan_lines(changes), *_RESTORE_LINES)
    if request.dry_run:
        return Outcome(
            data=Restored(shown, serial, serial, backup.id, changes),
            summary=(f"would restore serial {serial}", *_plan_lines(changes)),
        )
    context.confirm(Question(f"Restore the state of serial {serial}?", str(serial), Danger.SEVERE, lines))
    change = Change(
        context.state_store.actor.command, (f"serial {backup.id}",), (f"restore the state of serial {backup.id}",)
    )
    restoration = restore(context.state_store, plan, change)
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
