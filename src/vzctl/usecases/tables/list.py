"""`vzctl tables list`."""

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
class ColumnList:
    """Vector columns of tables."""

    columns: tuple[DependentRow, ...]


def list_columns(context: Context, chosen: DependentFilter) -> Outcome[ColumnList]:
    """Return the columns that the filter lets through."""
    state = context.state_store.read()
    index = Index(state)
    rows = tuple(dependent_row(index, item) for item in matching(state, state.columns, chosen))
    steps = () if state.columns else (suggest("tables attach", "DB/KEYSPACE/TABLE.COLUMN", comment="record one"),)
    return Outcome(data=ColumnList(rows), next_steps=steps)
