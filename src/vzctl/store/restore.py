"""Put a backup in the state's place: planned without a lock, so that the plan can be read, and written only while it applies."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace

from vzctl import __version__
from vzctl.bounded_text import STATE
from vzctl.command import suggest
from vzctl.domain.rotation.restoration import Restoration, carry_over
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, StateError
from vzctl.store.atomic import open_own_file
from vzctl.store.audit import Change
from vzctl.store.backups import Backup, named
from vzctl.store.newest import read_kept
from vzctl.store.schema import parse_state
from vzctl.store.state_file import StateFile, not_readable


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What a restore does: `data` is the file as it was read (empty when missing), of the serial `replaced_serial`.

    `latest` is the newest state that can be read, from the file or from a backup.
    """

    backup: Backup
    data: bytes
    replaced_serial: int
    latest: State
    restoration: Restoration


def plan_restore(file: StateFile, which: str) -> RestorePlan:
    """Return what a restore of a backup would do: `latest` that can be read, `SERIAL`, or `SERIAL.ORDER`.

    Works on a broken state too, and on a missing one. What is known of keys is carried over: from the state; from the newest
    one that vzctl wrote, when an older file took its place; or from the newest backup. Nothing is locked and nothing written.
    """
    found = file.list_backups()
    if not found:
        raise NotFoundError(
            f'no backup of "{file.shown_path}" exists',
            code="BACKUP_NOT_FOUND",
            next_steps=(suggest("state path", comment="where it is"),),
        )
    backup = _find_backup(found, which)
    data, known = file.read_if_readable()
    saved = _read_backup(backup)
    newest = max(max(item.serial, item.order) for item in found)
    # A state that cannot be read was the one after its newest backup.
    replaced_serial = known.serial if known else newest + 1
    latest = known or _newest_readable(found) or saved
    after = carry_over(saved, _knowing_most(file, latest), file.now(), file.new_id)
    after = replace(after, serial=max(saved.serial, replaced_serial, newest + 1) + 1, vzctl=__version__)
    return RestorePlan(backup, data, replaced_serial, latest, Restoration(saved, after))


def restore(file: StateFile, plan: RestorePlan, change: Change) -> Restoration:
    """Put the planned state in the file's place; raise `ConflictError` when the file changed since."""
    backup = (plan.replaced_serial, plan.data) if plan.data else None
    file.put(plan.restoration.state, change, expected=plan.data, backup=backup)
    return plan.restoration


def _find_backup(found: list[Backup], which: str) -> Backup:
    steps = (suggest("state backups", comment="list the backups"),)
    if which == "latest":
        for item in found:
            with contextlib.suppress(StateError):
                _read_backup(item)
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


def _newest_readable(found: list[Backup]) -> State | None:
    for item in found:
        with contextlib.suppress(StateError):
            return _read_backup(item)
    return None


def _knowing_most(file: StateFile, latest: State) -> State:
    newest = read_kept(file.paths.newest)
    if newest is not None and newest.state.lineage == latest.lineage and newest.state.serial > latest.serial:
        return newest.state
    return latest


def _read_backup(backup: Backup) -> State:
    try:
        with os.fdopen(open_own_file(backup.path, os.O_RDONLY), "rb") as file:
            data = file.read(STATE.size + 1)
    except OSError as error:
        raise not_readable(backup.path, error) from error
    return parse_state(data, str(backup.path))
