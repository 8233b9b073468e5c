"""The newest state that vzctl wrote, kept beside the file: what was there before another program replaced or removed the file.

`newest.toml` is written after every change. A change or a restore that finds something else in the file's place keeps the newest
state as a backup first. Where the file went back, to an older commit for example, that state is also kept as `newer.toml`: it
may return, and no secret that it uses is deleted until the file has caught up with it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from vzctl.bounded_text import STATE
from vzctl.domain.state.deletion import renewed, united
from vzctl.domain.state.state import State
from vzctl.errors import StateError
from vzctl.store import backups
from vzctl.store.atomic import open_own_file, write_atomic
from vzctl.store.paths import StatePaths
from vzctl.store.schema import parse_state
from vzctl.store.state_store import OtherState

MISSING: Final = (-1, b"")
"""The serial and the bytes of a file that is not there."""


@dataclass(frozen=True, slots=True)
class KeptState:
    """A state as it was written, and the file that keeps it."""

    path: Path
    data: bytes
    state: State


def read_kept(path: Path) -> KeptState | None:
    """Return the state in a file that vzctl keeps beside the state, or None when there is none that can be read."""
    data = _read(path)
    state = _parse(data) if data is not None else None
    return KeptState(path, data, state) if data is not None and state is not None else None


def keep(paths: StatePaths, data: bytes) -> None:
    """Record what was written. Where that fails, the backups still have the state before it."""
    with contextlib.suppress(OSError):
        write_atomic(paths.newest, data)


def save_replaced(paths: StatePaths, serial: int, data: bytes) -> None:
    """Before a write over these bytes: keep the newest state when something else took its place; raises `OSError`."""
    if _read(paths.newest) == data and not paths.newer.exists():
        return  # the usual case, for which nothing is parsed
    newest, replaced, newer = read_kept(paths.newest), _parse(data), read_kept(paths.newer)
    if newest is not None and newest.data != data:
        if is_unsaved(paths, newest, serial):
            backups.save(paths.backups, backups.next_name(paths.backups, newest.state.serial), newest.data)
        if replaced is not None and serial <= newest.state.serial and not has_caught_up(replaced, newest.state):
            write_atomic(paths.newer, newest.data)
    elif newer is not None and replaced is not None and has_caught_up(replaced, newer.state):
        os.unlink(paths.newer)


def is_unsaved(paths: StatePaths, newest: KeptState, serial: int) -> bool:
    """Whether the newest state is neither the one of this serial, which is in its place, nor a backup; raises `OSError`."""
    at = newest.state.serial
    return at != serial and at not in {item.serial for item in backups.list_backups(paths.backups)}


def states_to_return(paths: StatePaths, state: State) -> Iterator[OtherState]:
    """Yield the states that may take the file's place again: those that it has not caught up with."""
    newer, newest = read_kept(paths.newer), read_kept(paths.newest)
    if newest is not None and state.serial > newest.state.serial:
        newest = None  # the command that wrote the file was killed before it kept it here
    for kept in (newer, newest):
        if kept is not None and not has_caught_up(state, kept.state):
            yield OtherState(str(kept.path), kept.state)


def with_known_deletions(paths: StatePaths, data: bytes, state: State) -> State:
    """Return the state with the deletions of secrets that it does not know, because an older file took the newer one's place.

    A secret that is gone does not come back with the file: its key goes on under a version that is not stored.
    """
    if _read(paths.newest) == data:
        return state  # the usual case, for which nothing is parsed
    versions = {version.id for _, version in state.versions()} - {item.version for item in state.deletions}
    for kept in (read_kept(paths.newest), read_kept(paths.newer)):
        if kept is not None and kept.state.lineage == state.lineage:
            gone = [item for item in kept.state.deletions if item.done_at is not None and item.version in versions]
            state = renewed(replace(state, deletions=united(state.deletions, gone))) if gone else state
    return state


def has_caught_up(state: State, other: State) -> bool:
    """Whether a state knows all that another one knew of keys: every version, finished rotation, and revocation."""
    known = {version.id for _, version in state.versions()} | {item.version for item in state.deletions}
    finished = {item.id for item in state.rotations if not item.is_open}
    revocations = {item.id for item in state.revocations}
    return state.lineage != other.lineage or (
        {version.id for _, version in other.versions()} <= known
        and {item.id for item in other.rotations if not item.is_open} <= finished
        and {item.id for item in other.revocations} <= revocations
    )


def _read(path: Path) -> bytes | None:
    with contextlib.suppress(OSError, StateError), os.fdopen(open_own_file(path, os.O_RDONLY), "rb") as file:
        return file.read(STATE.size + 1)
    return None


def _parse(data: bytes) -> State | None:
    with contextlib.suppress(StateError):
        return parse_state(data, "")
    return None
