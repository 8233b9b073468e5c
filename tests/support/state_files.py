"""State files with a clock that stands still and ids that count: what a test writes is the same in every run."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tests.support.builders import NOW
from vzctl.domain.state.state import State
from vzctl.store.schema import format_state
from vzctl.store.state_file import StateFile
from vzctl.store.state_store import Actor, StateStore, Written
from vzctl.usecases.change import Plan

ACTOR = Actor(host="workbench", user="tester", command="test")


def counting_ids(prefix: str = "id") -> Callable[[], str]:
    """Return what makes `id1`, `id2`, …"""
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers)}"


def a_state_file(
    path: Path,
    *,
    actor: Actor = ACTOR,
    now: Callable[[], datetime] = lambda: NOW,
    new_id: Callable[[], str] | None = None,
    lock_timeout_seconds: float = 0.0,
    on_wait: Callable[[str], None] = lambda _: None,
) -> StateFile:
    """Return the file at the path; nothing is there yet."""
    return StateFile(
        path,
        actor=actor,
        now=now,
        new_id=new_id or counting_ids(),
        lock_timeout_seconds=lock_timeout_seconds,
        on_wait=on_wait,
    )


def change(
    store: StateStore, plan: Callable[[State], State], *details: str, subjects: tuple[str, ...] = ()
) -> Written[Plan[None]]:
    """Change the state as a command does: `plan` is called with the state under the guard."""
    return store.update(lambda state: Plan(state=plan(state), data=None, details=details, subjects=subjects))


def written(path: Path, state: State) -> StateFile:
    """Put the state at the path as a person would have it there, serial and all, and return its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(format_state(state))
    return a_state_file(path)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder with its bytes, to be compared as a whole."""
    return {str(item.relative_to(folder)): item.read_bytes() for item in sorted(folder.rglob("*")) if item.is_file()}
