"""What was seen out there, and how far the look went. Files and live clients both end here, before anything is compared.

Every look says what it covers: what is absent from it is gone only when it would have been in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vzctl.domain.state.records import AttachedService


class Kind(StrEnum):
    """The groups of a drift, in the order in which they are shown and applied."""

    DATABASES = "databases"
    INTEGRATIONS = "integrations"
    CREDENTIALS = "credentials"
    COLLECTIONS = "collections"
    COLUMNS = "columns"
    SCOPES = "scopes"


TERMINATED: Final = "TERMINATED"
"""The one status that says that a database is no more."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something seen that cannot be recorded as it is: a permanent code, its group, what it is about, one sentence."""

    code: str
    kind: Kind
    subject: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedDatabase:
    """A database; None is what the look did not show. `is_vector` is None when it did not say."""

    id: str
    name: str
    status: str
    region: str | None = None
    endpoint: str | None = None
    is_vector: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasesSeen:
    """Databases of an organization. `unreadable` are ids that are there under names that vzctl refuses.

    `is_whole`: nothing that is there is missing, so what is absent is gone. `doubted` is how many recorded ones are absent
    from a list that lacks too many of them to be believed.
    """

    databases: tuple[ObservedDatabase, ...]
    unreadable: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    is_whole: bool = False
    doubted: int = 0

    @property
    def ids(self) -> frozenset[str]:
        """Ids of all databases that were seen, unreadable ones too."""
        return self.unreadable | {item.id for item in self.databases}


@dataclass(frozen=True, slots=True)
class ObservedModel:
    """A model that a Data API offers; `support` is its word for it: SUPPORTED, DEPRECATED, END_OF_LIFE."""

    name: str
    support: str


@dataclass(frozen=True, slots=True)
class ObservedProvider:
    """A provider that a Data API offers, and whether it takes stored keys of it."""

    id: str
    takes_stored_key: bool
    models: tuple[ObservedModel, ...]


@dataclass(frozen=True, slots=True)
class ProvidersSeen:
    """Everything that one Data API offers. Not which integrations are enabled: no answer says that."""

    providers: tuple[ObservedProvider, ...]


@dataclass(frozen=True, slots=True)
class ObservedCollection:
    """A collection with its service."""

    name: str
    service: AttachedService

    @property
    def local_name(self) -> str:
        """The last part of its address."""
        return self.name


@dataclass(frozen=True, slots=True)
class ObservedColumn:
    """A vector column with its service."""

    table: str
    column: str
    service: AttachedService

    @property
    def local_name(self) -> str:
        """The last part of its address."""
        return f"{self.table}.{self.column}"


ObservedDependent = ObservedCollection | ObservedColumn


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyspaceSeen:
    """The contents of one keyspace. None: nobody looked at those; `unreadable` are local names that vzctl refuses."""

    database: str
    keyspace: str
    collections: tuple[ObservedDependent, ...] | None = None
    columns: tuple[ObservedDependent, ...] | None = None
    unreadable: frozenset[str] = frozenset()
    is_whole: bool = True

    def seen(self, kind: Kind) -> tuple[ObservedDependent, ...] | None:
        """Return the collections or the columns."""
        return self.collections if kind is Kind.COLLECTIONS else self.columns


@dataclass(frozen=True, slots=True)
class ScopeSeen:
    """Whether a database, by id, can use a credential, by name. What could not be seen is left out."""

    database: str
    credential: str
    is_usable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything that was seen in one go. None and no keyspaces: nobody looked there, so nothing is said about it."""

    databases: DatabasesSeen | None = None
    providers: ProvidersSeen | None = None
    keyspaces: tuple[KeyspaceSeen, ...] = ()
    remarks: tuple[Remark, ...] = ()
    scopes: tuple[ScopeSeen, ...] = ()
