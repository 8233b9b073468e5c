"""`vzctl collections list` and `vzctl tables list`."""

from __future__ import annotations

from vzctl.domain.state.index import Index
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.noun import DependentNoun, DetailT, ListT
from vzctl.usecases.dependents.service import DependentFilter, dependent_row, matching
from vzctl.usecases.outcome import Outcome


def list_dependents(context: Context, noun: DependentNoun[ListT, DetailT], chosen: DependentFilter) -> Outcome[ListT]:
    """Return the collections or columns that the filter lets through."""
    state = context.state_store.read()
    recorded = noun.records(state)
    index = Index(state)
    rows = tuple(dependent_row(index, item) for item in matching(state, recorded, chosen))
    return Outcome(data=noun.list_of(rows), next_steps=() if recorded else (noun.first,))
