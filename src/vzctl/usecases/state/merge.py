"""Merge three state files: what git calls a merge driver."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vzctl import __version__
from vzctl.bounded_text import STATE
from vzctl.command import suggest
from vzctl.domain.checks.difference import differences
from vzctl.domain.checks.merge import merge
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, StateError
from vzctl.store.schema import format_state, parse_state
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.state.restore import DifferenceRow, difference_rows


@dataclass(frozen=True, slots=True)
class MergeStates:
    """Three files: the common ancestor (empty when there is none), this side, and the other side."""

    base: str
    ours: str
    theirs: str
    lock_timeout_seconds: float
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class MergedStates:
    """The merged file; `changes` is what the merge changes in it."""

    path: str
    serial: int
    changes: tuple[DifferenceRow, ...]


def merge_states(context: Context, request: MergeStates) -> Outcome[MergedStates]:
    """Write both sides' changes to `ours`; raise `ConflictError`, and change nothing, when they cannot be merged."""
    from vzctl.store.guard import replace_file

    context.require_writable()
    base_data, data, other_data = (_read(path) for path in (request.base, request.ours, request.theirs))
    base = _parsed(base_data, request.base) if base_data.strip() else None
    ours, theirs = _parsed(data, request.ours), _parsed(other_data, request.theirs)
    merged = merge(base, ours, theirs, vzctl=__version__)
    if merged.state is None:
        raise _conflict(merged.conflicts)
    if not request.dry_run:
        try:
            replace_file(
                Path(os.path.realpath(request.ours)),
                data,
                format_state(merged.state),
                timeout_seconds=request.lock_timeout_seconds,
            )
        except OSError as error:
            raise StateError(
                f'cannot write "{request.ours}": {error.strerror or error}; nothing was changed',
                code="STATE_NOT_WRITABLE",
            ) from error
    return Outcome(
        data=MergedStates(request.ours, merged.state.serial, difference_rows(ours, merged.state)),
        changed=not request.dry_run,
        summary=(_summary(ours, merged.state, request),),
    )


def _summary(ours: State, state: State, request: MergeStates) -> str:
    number = len(differences(ours, state))
    verb = "would merge" if request.dry_run else "merged"
    return f'{verb} "{request.theirs}" into "{request.ours}": {number} records change, serial {state.serial}'


def _conflict(conflicts: tuple[str, ...]) -> ConflictError:
    number = len(conflicts)
    return ConflictError(
        f"{number} conflict{'s' if number > 1 else ''} between the two states; no file was changed",
        code="STATE_MERGE_CONFLICT",
        evidence=conflicts,
        next_steps=(suggest("help", "git", comment="resolve a conflict by hand"),),
    )


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            return file.read(STATE.size + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError(f'no file "{path}" exists', code="STATE_NOT_FOUND") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise StateError(f'cannot read "{path}": {reason}', code="STATE_UNREADABLE") from None


def _parsed(data: bytes, path: str) -> State:
    """Return the state of one of the three files. They have no backups: those of the selected state would not help."""
    try:
        return parse_state(data, path)
    except StateError as error:
        if error.code != "STATE_BROKEN":
            raise
        step = suggest("help", "git", comment="where the three files come from")
        raise StateError(error.message, code=error.code, next_steps=(step,)) from error
