"""One collection as several commands show it."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.domain.state.address import find_collection
from vzctl.domain.state.index import Index
from vzctl.domain.state.state import State
from vzctl.usecases.dependents.service import (
    DependentRow,
    dependent_row,
)


@dataclass(frozen=True, slots=True)
class CollectionDetail:
    """One collection."""

    collection: DependentRow


def detail(state: State, address: str) -> CollectionDetail:
    return CollectionDetail(dependent_row(Index(state), find_collection(state, address)))
