"""Put a backup in the state's place: planned without a lock, so that the plan can be read, and written only while it applies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vzctl import __version__
from vzctl.command import suggest
from vzctl.domain.rotation.restoration import Restoration, carry_over
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, StateError
from vzctl.store.snapshots import Backup, Snapshot
from vzctl.store.state_store import Change, Restorable


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What a restore does: `replaced` is what is stored now, and becomes the backup of the serial `replaced_serial`.

    `latest` is the newest state that can be read, from the store or from a backup.
    """

    backup: Backup
    replaced: Snapshot
    replaced_serial: int
    latest: State
    restoration: Restoration


def plan_restore(
    store: Restorable, which: str, *, now: Callable[[], datetime], new_id: Callable[[], str]
) -> RestorePlan:
    """Return what a restore of a backup would do: `latest` that can be read, `SERIAL`, or `SERIAL.ORDER`.

    Works on a broken state too, and on a missing one. What is known of keys is carried over: from the state; from the newest
    one that vzctl wrote, when an older file took its place; or from the newest backup. Nothing is locked and nothing written.
    """
    found = store.list_backups()
    if not found:
        raise NotFoundError(
            f'no backup of "{store.location}" exists',
            code="BACKUP_NOT_FOUND",
            next_steps=(suggest("state path", comment="where it is"),),
        )
    backup = _find_backup(store, found, which)
    replaced = store.snapshot()
    known, saved = replaced.state, store.read_backup(backup)
    newest = max(max(item.serial, item.order) for item in found)
    # A state that cannot be read was the one after its newest backup.
    replaced_serial = known.serial if known else newest + 1
    latest = known or _newest_readable(store, found) or saved
    after = carry_over(saved, _knowing_most(store, latest), now(), new_id)
    after = replace(after, serial=max(saved.serial, replaced_serial, newest + 1) + 1, vzctl=__version__)
    return RestorePlan(backup, replaced, replaced_serial, latest, Restoration(saved, after))


def restore(store: Restorable, plan: RestorePlan, change: Change) -> Restoration:
    """Put the planned state in the place of what it replaces; raise `ConflictError` when something else is stored now."""
    store.put(plan.restoration.state, change, expected=plan.replaced, replaced_serial=plan.replaced_serial)
    return plan.restoration


def _find_backup(store: Restorable, found: Sequence[Backup], which: str) -> Backup:
    steps = (suggest("state backups", comment="list the backups"),)
    if which == "latest":
        for item in found:
            with contextlib.suppress(StateError):
                store.read_backup(item)
                return item
        raise NotFoundError("no backup can be read", code="BACKUP_NOT_FOUND", next_steps=steps)
    matches = named(found, which)
    if not matches:
        raise NotFoundError(f'no backup "{which[:40]}" exists', code="BACKUP_NOT_FOUND", next_steps=steps)
    if len(matches) > 1:
        names = ", ".join(f"{item.serial}.{item.order}" for item in matches)
        raise ConflictError(
            f"{len(matches)} backups have the serial {which}: {names}; name one of them",
            code="BACKUP_AMBIGUOUS",
            next_steps=steps,
        )
    return matches[0]


def named(found: Sequence[Backup], name: str) -> list[Backup]:
    """Return the backups that `SERIAL` or `SERIAL.ORDER` names: a serial alone may name more than one."""
    serial, _, order = name.partition(".")
    return [
        item
        for item in found
        if str(item.serial) == _number(serial) and (not order or str(item.order) == _number(order))
    ]


def _number(text: str) -> str:
    return text.lstrip("0") or "0"


def _newest_readable(store: Restorable, found: Sequence[Backup]) -> State | None:
    for item in found:
        with contextlib.suppress(StateError):
            return store.read_backup(item)
    return None


def _knowing_most(store: Restorable, latest: State) -> State:
    newest = store.newest()
    if newest is not None and newest.lineage == latest.lineage and newest.serial > latest.serial:
        return newest
    return latest
