"""All problems of a state: what breaks a rule in it, and what its folder knows that the file does not."""

from __future__ import annotations

from collections.abc import Iterator

from vzctl.command import suggest
from vzctl.domain.checks.problems import Problem, find_problems
from vzctl.domain.state.state import State
from vzctl.usecases.context import Context


def state_problems(context: Context, state: State) -> list[Problem]:
    """Return every problem; an older file in the place of a newer one comes first, because the others may come from it."""
    return [*_went_back(context, state), *find_problems(state)]


def _went_back(context: Context, state: State) -> Iterator[Problem]:
    store = context.state_store
    newest = store.newest()
    serials = [item.state.serial for item in store.states_to_return(state) if item.state is not None]
    if newest is not None and newest.lineage == state.lineage and newest.serial > state.serial:
        serials.append(newest.serial)
    if not serials:
        return
    serial = max(serials)
    backup = next((item.id for item in store.list_backups() if item.serial == serial), None)
    message = (
        f"another program replaced the state of serial {serial} with an older one; "
        f"the file has serial {state.serial}, without the changes since"
    )
    fix = (
        suggest("state backups", comment="the states that were replaced")
        if backup is None
        else suggest("state restore", backup, comment="put the newer state back")
    )
    yield Problem("STATE_WENT_BACK", store.location, message, fix)
