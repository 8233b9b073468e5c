"""What the commands for table columns share. A column's integration and credential may change at any time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from vzctl.command import Command, suggest
from vzctl.domain.state.address import find_column, parse_address
from vzctl.domain.state.state import State
from vzctl.errors import VzctlError
from vzctl.usecases.dependents.noun import DependentNoun
from vzctl.usecases.dependents.service import DependentRow

DONE_AND_SEEN: Final = "done at the database, and seen there"


@dataclass(frozen=True, slots=True)
class ColumnList:
    """Vector columns of tables."""

    columns: tuple[DependentRow, ...]


@dataclass(frozen=True, slots=True)
class ColumnDetail:
    """One column, and the Data API request that makes the database agree with what is recorded."""

    column: DependentRow
    request: str | None


COLUMNS: Final = DependentNoun(
    noun="table column",
    quoted='"{}"',
    itself="the table",
    first=suggest("tables attach", "DB/KEYSPACE/TABLE.COLUMN", comment="record one"),
    records=lambda state: state.columns,
    find=find_column,
    list_of=ColumnList,
    detail_of=lambda row: ColumnDetail(row, None),
)


@contextlib.contextmanager
def recording(sent: bool, what: str, run: Command) -> Iterator[None]:
    """Say in a failure that the database was changed already, when it was."""
    try:
        yield
    except VzctlError as error:
        if not sent:
            raise
        from vzctl.usecases.dependents.remote_schema import not_recorded

        raise not_recorded(error, what, run) from error


def column_detail(state: State, address: str, request: str | None = None) -> ColumnDetail:
    return replace(COLUMNS.detail(state, address), request=request)


def to_send(address: str, request: str | None) -> tuple[str, ...]:
    """Say how the table itself is changed, when it was not asked for here."""
    if request is None:
        return ()
    parsed = parse_address(address)
    table, _ = parsed.table_and_column()
    return (f"the table itself was not touched; POST this to .../v1/{parsed.keyspace}/{table}: {request}",)
