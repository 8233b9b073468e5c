"""`vzctl collections list`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.domain.state.index import Index
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.service import (
    DependentFilter,
    DependentRow,
    dependent_row,
    matching,
)
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class CollectionList:
    """Collections."""

    collections: tuple[DependentRow, ...]


def list_collections(context: Context, chosen: DependentFilter) -> Outcome[CollectionList]:
    """Return the collections that the filter lets through."""
    state = context.state_store.read()
    index = Index(state)
    rows = tuple(dependent_row(index, item) for item in matching(state, state.collections, chosen))
    steps = () if state.collections else (suggest("collections add", "DB/KEYSPACE/COLLECTION", comment="record one"),)
    return Outcome(data=CollectionList(rows), next_steps=steps)
