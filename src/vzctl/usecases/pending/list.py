"""`vzctl pending list`: manual steps that are still to be done at the Portal."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.pending.step import pending_rows
from vzctl.usecases.views import PendingRow


@dataclass(frozen=True, slots=True)
class PendingList:
    """Steps that wait for a person, in the order in which they can be done."""

    pending: tuple[PendingRow, ...]


def list_pending(context: Context) -> Outcome[PendingList]:
    """Return what still has to be done."""
    state = context.state_store.read()
    rows = pending_rows(state)
    steps = tuple(suggest("pending confirm", item.id, comment=f"after you did this: {item.title}") for item in rows[:5])
    return Outcome(data=PendingList(rows), next_steps=steps)
