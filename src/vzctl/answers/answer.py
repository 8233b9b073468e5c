"""What one file turned out to be."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.domain.drift.observation import (
    ObservedCollection,
    ObservedColumn,
    ObservedDatabase,
    ObservedProvider,
    Remark,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasesAnswer:
    """`GET /v2/databases` of the DevOps API, or one database of it (then it is no page)."""

    databases: tuple[ObservedDatabase, ...]
    unreadable: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    is_page: bool = True
    remarks: tuple[Remark, ...] = ()

    @property
    def size(self) -> int:
        """How many databases it has."""
        return len(self.databases) + len(self.unreadable)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidersAnswer:
    """`findEmbeddingProviders` of the Data API."""

    providers: tuple[ObservedProvider, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionsAnswer:
    """`findCollections` with `explain`."""

    collections: tuple[ObservedCollection, ...]
    unreadable: frozenset[str] = frozenset()
    remarks: tuple[Remark, ...] = ()
    has_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesAnswer:
    """`listTables` with `explain`: the vector columns of all tables."""

    columns: tuple[ObservedColumn, ...]
    unreadable: frozenset[str] = frozenset()
    remarks: tuple[Remark, ...] = ()
    has_more: bool = False


Answer = DatabasesAnswer | ProvidersAnswer | CollectionsAnswer | TablesAnswer
