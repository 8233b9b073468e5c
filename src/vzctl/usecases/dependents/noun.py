"""What the commands for collections and those for table columns do not share: finders, results, and a few words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from vzctl.command import NextStep
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Dependent
from vzctl.domain.state.state import State
from vzctl.usecases.dependents.service import DependentRow, dependent_row

ListT = TypeVar("ListT")
DetailT = TypeVar("DetailT")


@dataclass(frozen=True, slots=True, kw_only=True)
class DependentNoun(Generic[ListT, DetailT]):
    """`collections` or `tables`. `quoted` holds an address, `itself` is what vzctl does not touch, `first` records one."""

    noun: str
    quoted: str
    itself: str
    first: NextStep
    records: Callable[[State], Sequence[Dependent]]
    find: Callable[[State, str], Dependent]
    list_of: Callable[[tuple[DependentRow, ...]], ListT]
    detail_of: Callable[[DependentRow], DetailT]

    def detail(self, state: State, address: str) -> DetailT:
        """Return what is recorded at an address; raise `NotFoundError` when nothing is."""
        return self.detail_of(dependent_row(Index(state), self.find(state, address)))
