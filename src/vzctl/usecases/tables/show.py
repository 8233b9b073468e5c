"""`vzctl tables show`."""

from __future__ import annotations

from vzctl.domain.state.address import find_column
from vzctl.domain.state.index import Index
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.service import (
    dependent_row,
)
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.tables.column import ColumnDetail


def show_column(context: Context, address: str) -> Outcome[ColumnDetail]:
    """Return one column."""
    state = context.state_store.read()
    return Outcome(data=ColumnDetail(dependent_row(Index(state), find_column(state, address)), None))
