"""`vzctl collections show` and `vzctl tables show`."""

from __future__ import annotations

from vzctl.usecases.context import Context
from vzctl.usecases.dependents.noun import DependentNoun, DetailT, ListT
from vzctl.usecases.outcome import Outcome


def show_dependent(context: Context, noun: DependentNoun[ListT, DetailT], address: str) -> Outcome[DetailT]:
    """Return one collection or column."""
    return Outcome(data=noun.detail(context.state_store.read(), address))
