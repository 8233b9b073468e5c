"""What people type to name databases, collections and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from vzctl.command import suggest
from vzctl.domain.state.index import Index, display_names
from vzctl.domain.state.names import did_you_mean, refuse_secret_as_name
from vzctl.domain.state.records import Collection, Column, Database, Dependent
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, UsageError, quoted

D = TypeVar("D", bound=Dependent)

MINIMUM_ID_PREFIX: Final = 8


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed `DB/KEYSPACE/LEAF`; the database part is still as typed."""

    database: str
    keyspace: str
    leaf: str

    def table_and_column(self) -> tuple[str, str]:
        """Split `TABLE.COLUMN`; raise `UsageError` when the leaf has no column."""
        table, dot, column = self.leaf.rpartition(".")
        if not dot or not table or not column:
            raise UsageError(
                f'"{self.database}/{self.keyspace}/{self.leaf}" names no column; write DB/KEYSPACE/TABLE.COLUMN',
                code="ADDRESS_INVALID",
            )
        return table, column


def parse_address(text: str) -> Address:
    """Parse `DB/KEYSPACE/LEAF`; raise `UsageError` when a part is missing or unprintable."""
    parts = text.split("/")
    if len(parts) != 3 or not all(parts) or not text.isprintable() or text != text.strip():
        raise UsageError(
            f"{quoted(text)} is not an address; write DB/KEYSPACE/COLLECTION or DB/KEYSPACE/TABLE.COLUMN",
            code="ADDRESS_INVALID",
        )
    return Address(*parts)


def find_database(state: State, reference: str) -> Database:
    """Return the database that `reference` names: its id, 8 or more characters of it, `name`, or `name@region`.

    Raise `NotFoundError` with the nearest names, or `ConflictError` with the candidates when it is ambiguous.
    """
    exact = state.database(reference)
    if exact is not None:
        return exact
    candidates = _candidates(state, reference)
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise _ambiguous(state, reference, candidates)
    names = display_names(state.databases)
    raise NotFoundError(
        f"there is no database {quoted(reference)}{did_you_mean(reference, names.values())}",
        code="DATABASE_NOT_FOUND",
        next_steps=(
            suggest("databases list", comment="the databases that are recorded"),
            suggest("databases add", "NAME", comment="record a database that exists"),
        ),
    )


def _candidates(state: State, reference: str) -> list[Database]:
    named = [item for item in state.databases if item.name == reference]
    if named:
        return named
    name, at, region = reference.rpartition("@")
    if at:
        regional = [item for item in state.databases if item.name == name and item.region == region]
        if regional:
            return regional
    folded = reference.lower()
    if len(folded) >= MINIMUM_ID_PREFIX:
        return [item for item in state.databases if item.id.lower().startswith(folded)]
    return []


def _ambiguous(state: State, reference: str, candidates: list[Database]) -> ConflictError:
    names = display_names(state.databases)
    shown = ", ".join(f"{item.name}@{item.region or '?'} ({item.id})" for item in candidates[:10])
    first = names[candidates[0].id]
    return ConflictError(
        f"{quoted(reference)} names {len(candidates)} databases: {shown}",
        code="DATABASE_AMBIGUOUS",
        next_steps=(suggest("databases show", first, comment="say which one: name@region or the id"),),
    )


def collection_at(state: State, text: str) -> Collection | None:
    """Return the collection at the address, or None; raise `UsageError` for a key in the place of a name."""
    return _at(state, parse_address(text), state.collections)


def column_at(state: State, text: str) -> Column | None:
    """Return the table column at the address, or None; raise `UsageError` for a key in the place of a name."""
    address = parse_address(text)
    address.table_and_column()
    return _at(state, address, state.columns)


def _at(state: State, address: Address, items: Sequence[D]) -> D | None:
    key = (find_database(state, address.database).id, address.keyspace, address.leaf)
    found = next((item for item in items if item.key == key), None)
    if found is None:  # not before: the name of what is recorded may look like a key
        for name in (address.keyspace, *address.leaf.split(".")):
            refuse_secret_as_name(name)
    return found


def find_collection(state: State, text: str) -> Collection:
    """Return the collection at the address, or raise `NotFoundError`."""
    found = collection_at(state, text)
    if found is None:
        steps = (suggest("collections list", comment="the collections that are recorded"),)
        raise NotFoundError(
            f"there is no collection {_unknown(state, text, state.collections)}",
            code="COLLECTION_NOT_FOUND",
            next_steps=steps,
        )
    return found


def find_column(state: State, text: str) -> Column:
    """Return the table column at the address, or raise `NotFoundError`."""
    found = column_at(state, text)
    if found is None:
        steps = (suggest("tables list", comment="the table columns that are recorded"),)
        raise NotFoundError(
            f"there is no table column {_unknown(state, text, state.columns)}",
            code="COLUMN_NOT_FOUND",
            next_steps=steps,
        )
    return found


def _unknown(state: State, text: str, known: Sequence[Dependent]) -> str:
    index = Index(state)
    return f"{quoted(text)}{did_you_mean(text, [index.address(item) for item in known])}"
