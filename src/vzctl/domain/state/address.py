"""What people type to name databases, collections and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vzctl.command import suggest
from vzctl.domain.state.index import Index, display_names
from vzctl.domain.state.names import did_you_mean, refuse_secret_as_name
from vzctl.domain.state.records import Collection, Column, Database
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, UsageError

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
            f"{_quoted(text)} is not an address; write DB/KEYSPACE/COLLECTION or DB/KEYSPACE/TABLE.COLUMN",
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
        f"there is no database {_quoted(reference)}{did_you_mean(reference, names.values())}",
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
        f"{_quoted(reference)} names {len(candidates)} databases: {shown}",
        code="DATABASE_AMBIGUOUS",
        next_steps=(suggest("databases show", first, comment="say which one: name@region or the id"),),
    )


def find_collection(state: State, text: str) -> Collection:
    """Return the collection at the address, or raise `NotFoundError`."""
    address = parse_address(text)
    database = find_database(state, address.database)
    for collection in state.collections:
        if collection.key == (database.id, address.keyspace, address.leaf):
            return collection
    _refuse_secrets(address)
    index = Index(state)
    known = [index.address(item) for item in state.collections]
    raise NotFoundError(
        f"there is no collection {_quoted(text)}{did_you_mean(text, known)}",
        code="COLLECTION_NOT_FOUND",
        next_steps=(suggest("collections list", comment="the collections that are recorded"),),
    )


def find_column(state: State, text: str) -> Column:
    """Return the table column at the address, or raise `NotFoundError`."""
    address = parse_address(text)
    table, column = address.table_and_column()
    database = find_database(state, address.database)
    for item in state.columns:
        if item.key == (database.id, address.keyspace, f"{table}.{column}"):
            return item
    _refuse_secrets(address)
    index = Index(state)
    known = [index.address(item) for item in state.columns]
    raise NotFoundError(
        f"there is no table column {_quoted(text)}{did_you_mean(text, known)}",
        code="COLUMN_NOT_FOUND",
        next_steps=(suggest("tables list", comment="the table columns that are recorded"),),
    )


def _refuse_secrets(address: Address) -> None:
    """Refuse an address with a key in the place of a name; only of what is not recorded, for a real name may look like one."""
    for name in (address.keyspace, *address.leaf.split(".")):
        refuse_secret_as_name(name)


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isprintable() else ascii(text)
