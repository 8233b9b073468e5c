"""Compare this state with another one, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from vzctl.command import suggest
from vzctl.domain.checks.difference import ADDED, CHANGED, REMOVED, differences
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus, NotFoundError, StateError
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome

KINDS: Final = frozenset(
    {"organization", "integration", "database", "credential", "collection", "column", "open rotation"}
)
"""What two states can have in common by name; tokens and keys to revoke have ids alone."""
_WHERE: Final = {ADDED: "only_there", REMOVED: "only_here", CHANGED: "different"}


@dataclass(frozen=True, slots=True)
class StateDifference:
    """One record that the two states do not share; `details` go from this state to the other one."""

    kind: str
    name: str
    difference: str
    details: tuple[str, ...]

    columns: ClassVar[Columns] = (
        ("KIND", "kind"),
        ("NAME", "name"),
        ("DIFFERENCE", "difference"),
        ("DETAILS", "details"),
    )


@dataclass(frozen=True, slots=True)
class StateDifferences:
    """Every difference, in the order of the state file."""

    differences: tuple[StateDifference, ...]


def diff_states(context: Context, other: str, *, exit_code: bool = False) -> Outcome[StateDifferences]:
    """Return what this state and the one at the path do not share; with `exit_code`, status `CHANGES` when that is anything."""
    here = context.state_store.read()
    there = _read_other(context, other)
    rows = tuple(
        StateDifference(item.kind, item.name, _WHERE[item.change], item.details)
        for item in differences(here, there)
        if item.kind in KINDS
    )
    return Outcome(
        data=StateDifferences(rows),
        summary=() if rows else ("the two states do not differ",),
        status=ExitStatus.CHANGES if rows and exit_code else ExitStatus.OK,
    )


def _read_other(context: Context, location: str) -> State:
    """Return the other state. What helps where it cannot be read must not act on the selected one, which is sound."""
    try:
        return context.open_state(location).read()
    except NotFoundError as error:
        step = suggest("diff", help=True, comment="how another state is named")
        raise NotFoundError(error.message, code=error.code, next_steps=(step,)) from error
    except StateError as error:
        raise error.on_state(location) from error
