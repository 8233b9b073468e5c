"""`vzctl collections show`."""

from __future__ import annotations

from vzctl.domain.state.address import find_collection
from vzctl.domain.state.index import Index
from vzctl.usecases.collections.detail import CollectionDetail
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.service import (
    dependent_row,
)
from vzctl.usecases.outcome import Outcome


def show_collection(context: Context, address: str) -> Outcome[CollectionDetail]:
    """Return one collection."""
    state = context.state_store.read()
    return Outcome(data=CollectionDetail(dependent_row(Index(state), find_collection(state, address))))
