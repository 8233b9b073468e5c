"""What the commands for collections share. A collection's provider and credential are locked for life (rule 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vzctl.command import suggest
from vzctl.domain.state.address import collection_at, find_collection, find_database, parse_address
from vzctl.domain.state.records import AttachedService, Collection
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError
from vzctl.usecases.dependents.noun import DependentNoun
from vzctl.usecases.dependents.service import DependentRow


@dataclass(frozen=True, slots=True)
class CollectionList:
    """Collections."""

    collections: tuple[DependentRow, ...]


@dataclass(frozen=True, slots=True)
class CollectionDetail:
    """One collection."""

    collection: DependentRow


COLLECTIONS: Final = DependentNoun(
    noun="collection",
    quoted='the collection "{}"',
    itself="the collection",
    first=suggest("collections add", "DB/KEYSPACE/COLLECTION", comment="record one"),
    records=lambda state: state.collections,
    find=find_collection,
    list_of=CollectionList,
    detail_of=CollectionDetail,
)


def require_unrecorded(state: State, address: str) -> None:
    """Raise `ConflictError` when a collection is recorded at the address."""
    if collection_at(state, address) is not None:
        raise ConflictError(
            f'the collection "{address}" is recorded already',
            code="COLLECTION_EXISTS",
            next_steps=(suggest("collections show", address, comment="look at it"),),
        )


def collection_record(state: State, text: str, service: AttachedService, now: datetime) -> Collection:
    """Return the record of a collection with this service."""
    address = parse_address(text)
    return Collection(
        database=find_database(state, address.database).id,
        keyspace=address.keyspace,
        name=address.leaf,
        recorded_at=now,
        **service.as_fields(),
    )
