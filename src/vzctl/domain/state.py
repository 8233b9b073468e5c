"""The state of one organization, as frozen values.

Every type carries `extra`: keys of the file that this version does not know, kept so that they survive a round trip.
Times are aware UTC with whole seconds. Ids are random lower-case words that never change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self, TypeVar

SCHEMA_VERSION: Final = 1


class ControlPlane(StrEnum):
    """Who enforces scopes and holds credentials: this state file, or the Astra Portal."""

    LOCAL = "local"
    ASTRA = "astra"


class Evidence(StrEnum):
    """On the `astra` plane, how a fact is known. Facts of the `local` plane carry none: there the state is the authority."""

    WANTED = "wanted"
    ATTESTED = "attested"
    OBSERVED = "observed"


class Authentication(StrEnum):
    """How a collection or column authenticates to its provider."""

    CREDENTIAL = "credential"
    HEADER = "header"
    NONE = "none"


class Step(StrEnum):
    """Steps of a rotation, in order; see `vzctl.domain.rotation` for what each one means."""

    STAGING = "STAGING"
    STAGED = "STAGED"
    TESTED = "TESTED"
    REVOKED = "REVOKED"
    REMOVED = "REMOVED"
    RECREATED = "RECREATED"
    SCOPED = "SCOPED"
    DONE = "DONE"
    DROPPING = "DROPPING"
    ROLLED_BACK = "ROLLED_BACK"


class Direction(StrEnum):
    """Whether a rotation walks to the new secret or back to the old one."""

    FORWARD = "forward"
    BACK = "back"


T = TypeVar("T")
Extra = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The organization this file describes; `fingerprint_salt` keys every fingerprint in it."""

    name: str
    control_plane: ControlPlane
    fingerprint_salt: str
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A provider that is enabled in the organization."""

    provider: str
    added_at: datetime
    evidence: Evidence | None = None
    evidence_at: datetime | None = None
    removal_wanted_at: datetime | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database that exists somewhere; `status` as the DevOps API spells it, unknown words included."""

    id: str
    name: str
    region: str | None = None
    status: str = "ACTIVE"
    endpoint: str | None = None
    observed_at: datetime | None = None
    gone_since: datetime | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        """Whether collections and columns can be created in it (rule 3)."""
        return self.status == "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeEntry:
    """One database (by id) that may use a credential."""

    database: str
    added_at: datetime
    evidence: Evidence | None = None
    evidence_at: datetime | None = None
    removal_wanted_at: datetime | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One immutable secret value. `held` says that its bytes are in the secret store; never the bytes themselves."""

    id: str
    created_at: datetime
    fingerprint: str | None = None
    held: bool = False
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A named key of one integration. `current`, `pending` and `previous` (oldest first) point into `versions`."""

    id: str
    name: str
    provider: str
    created_at: datetime
    key_set_at: datetime | None = None
    max_age_days: int | None = None
    note: str | None = None
    slot: int | None = None
    current: str | None = None
    pending: str | None = None
    previous: tuple[str, ...] = ()
    evidence: Evidence | None = None
    evidence_at: datetime | None = None
    removal_wanted_at: datetime | None = None
    scope: tuple[ScopeEntry, ...] = ()
    versions: tuple[Version, ...] = ()
    extra: Extra = field(default_factory=dict)

    def version(self, version_id: str | None) -> Version | None:
        """Return the version with that id, or None."""
        return next((version for version in self.versions if version.id == version_id), None)

    @property
    def current_version(self) -> Version | None:
        """The version in force, or None while the credential is being added."""
        return self.version(self.current)

    @property
    def database_ids(self) -> frozenset[str]:
        """Ids of the databases in scope."""
        return frozenset(entry.database for entry in self.scope)

    def with_version(self, version: Version) -> Self:
        """Return a copy in which `version` is added, or replaces the one with its id."""
        if self.version(version.id) is None:
            return replace(self, versions=(*self.versions, version))
        return replace(self, versions=tuple(version if old.id == version.id else old for old in self.versions))

    def without_version(self, version_id: str) -> Self:
        """Return a copy without that version."""
        return replace(self, versions=tuple(version for version in self.versions if version.id != version_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class RetiredCredential:
    """What is remembered of a removed credential: its keys may still live at the provider or in the store."""

    id: str
    name: str
    provider: str
    removed_at: datetime
    versions: tuple[Version, ...] = ()
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependant:
    """What a collection and a table column have in common: a database's vectors made by one service.

    `credential` is a **name**, as the Data API stores it, and only set when `authentication` is `credential`.
    `provider` is None for one without vectorize.
    """

    database: str
    keyspace: str
    provider: str | None = None
    authentication: Authentication = Authentication.NONE
    credential: str | None = None
    model: str | None = None
    dimension: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    recorded_at: datetime | None = None
    observed_at: datetime | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def local_name(self) -> str:
        """The last part of the address: `COLLECTION` or `TABLE.COLUMN`."""
        raise NotImplementedError

    @property
    def kind(self) -> str:
        """`collection` or `column`."""
        raise NotImplementedError

    @property
    def key(self) -> tuple[str, str, str]:
        """Database id, keyspace and local name: unique within its kind."""
        return (self.database, self.keyspace, self.local_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Dependant):
    """A collection: its provider and credential are locked for life (rule 5)."""

    name: str

    @property
    def local_name(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        return "collection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Dependant):
    """A vector column of a table: its service may be attached, detached and replaced (rule 6)."""

    table: str
    column: str

    @property
    def local_name(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def kind(self) -> str:
        return "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a rotation promises to give back: taken once, when it starts."""

    name: str
    provider: str
    databases: tuple[str, ...] = ()
    needed_databases: tuple[str, ...] = ()
    key_set_at: datetime | None = None
    slot: int | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """One rotation, open or finished: everything that another machine needs to go on, but the secret."""

    id: str
    credential: str
    step: Step
    snapshot: Snapshot
    started_at: datetime
    host: str
    new_version: str
    old_version: str | None = None
    databases: tuple[str, ...] = ()
    new_key_used: bool = False
    direction: Direction = Direction.FORWARD
    leaked: bool = False
    revoke_first: bool = False
    test: str = "not tested"
    new_slot: int | None = None
    scoped: tuple[str, ...] = ()
    finished_at: datetime | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to finish it or take it back."""
        return self.step not in (Step.DONE, Step.ROLLED_BACK)

    @property
    def is_past_no_return(self) -> bool:
        """Whether the credential at Astra is, or is about to be, something else than the state's `current`."""
        if not self.is_open or self.step is Step.DROPPING:
            return False
        return self.direction is Direction.BACK or self.step in (Step.REMOVED, Step.RECREATED, Step.SCOPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A key that is out of use here and still has to be revoked at its provider (rule 9)."""

    id: str
    credential: str
    version: str
    reason: str
    due_since: datetime
    done_at: datetime | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One organization. Tuples keep the order of the file, so that a change moves few lines."""

    schema: int
    lineage: str
    serial: int
    vzctl: str
    organization: Organization
    integrations: tuple[Integration, ...] = ()
    databases: tuple[Database, ...] = ()
    credentials: tuple[Credential, ...] = ()
    retired: tuple[RetiredCredential, ...] = ()
    collections: tuple[Collection, ...] = ()
    columns: tuple[Column, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    revocations: tuple[Revocation, ...] = ()
    extra: Extra = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether this file is the authority (control plane `local`)."""
        return self.organization.control_plane is ControlPlane.LOCAL

    def integration(self, provider: str) -> Integration | None:
        """Return the integration of that provider id, or None."""
        return next((item for item in self.integrations if item.provider == provider), None)

    def database(self, database_id: str) -> Database | None:
        """Return the database with that id, or None."""
        return next((item for item in self.databases if item.id == database_id), None)

    def credential(self, name: str) -> Credential | None:
        """Return the credential with exactly that name, or None."""
        return next((item for item in self.credentials if item.name == name), None)

    def credential_by_id(self, credential_id: str) -> Credential | None:
        """Return the credential with that id, or None."""
        return next((item for item in self.credentials if item.id == credential_id), None)

    def dependants(self) -> Iterator[Dependant]:
        """Yield every collection, then every column."""
        yield from self.collections
        yield from self.columns

    def dependants_of(self, credential_name: str) -> list[Dependant]:
        """Return the collections and columns that hold this credential's name."""
        return [item for item in self.dependants() if item.credential == credential_name]

    def open_rotation(self, credential_id: str) -> Rotation | None:
        """Return the credential's open rotation, or None."""
        return next((item for item in self.rotations if item.credential == credential_id and item.is_open), None)

    def open_revocations(self) -> list[Revocation]:
        """Return the keys that still have to be revoked at their provider."""
        return [item for item in self.revocations if item.done_at is None]

    def versions(self) -> Iterator[tuple[Credential | RetiredCredential, Version]]:
        """Yield every secret version this state knows, with its owner, live or retired."""
        for credential in self.credentials:
            for version in credential.versions:
                yield credential, version
        for retired in self.retired:
            for version in retired.versions:
                yield retired, version

    def owner_of_version(self, version_id: str) -> Credential | RetiredCredential | None:
        """Return the credential, live or retired, that the version belongs to."""
        return next((owner for owner, version in self.versions() if version.id == version_id), None)

    def with_integration(self, integration: Integration) -> Self:
        """Return a copy in which the integration is added or replaces the one of its provider."""
        return replace(self, integrations=_put(self.integrations, integration, "provider"))

    def with_database(self, database: Database) -> Self:
        """Return a copy in which the database is added or replaces the one with its id."""
        return replace(self, databases=_put(self.databases, database, "id"))

    def with_credential(self, credential: Credential) -> Self:
        """Return a copy in which the credential is added or replaces the one with its id."""
        return replace(self, credentials=_put(self.credentials, credential, "id"))

    def with_retired(self, retired: RetiredCredential) -> Self:
        """Return a copy in which the tombstone is added or replaces the one with its id."""
        return replace(self, retired=_put(self.retired, retired, "id"))

    def with_owner(self, owner: Credential | RetiredCredential) -> Self:
        """Return a copy in which a live or retired credential replaces the one with its id."""
        return self.with_retired(owner) if isinstance(owner, RetiredCredential) else self.with_credential(owner)

    def with_collection(self, collection: Collection) -> Self:
        """Return a copy in which the collection is added or replaces the one at its address."""
        return replace(self, collections=_put(self.collections, collection, "key"))

    def with_column(self, column: Column) -> Self:
        """Return a copy in which the column is added or replaces the one at its address."""
        return replace(self, columns=_put(self.columns, column, "key"))

    def with_rotation(self, rotation: Rotation) -> Self:
        """Return a copy in which the rotation is added or replaces the one with its id."""
        return replace(self, rotations=_put(self.rotations, rotation, "id"))

    def with_revocation(self, revocation: Revocation) -> Self:
        """Return a copy in which the revocation is added or replaces the one with its id."""
        return replace(self, revocations=_put(self.revocations, revocation, "id"))

    def without_integration(self, provider: str) -> Self:
        """Return a copy without that provider's integration."""
        return replace(self, integrations=tuple(item for item in self.integrations if item.provider != provider))

    def without_database(self, database_id: str) -> Self:
        """Return a copy without that database; what refers to it is the caller's business."""
        return replace(self, databases=tuple(item for item in self.databases if item.id != database_id))

    def without_credential(self, credential_id: str) -> Self:
        """Return a copy without that credential."""
        return replace(self, credentials=tuple(item for item in self.credentials if item.id != credential_id))

    def without_dependant(self, dependant: Dependant) -> Self:
        """Return a copy without that collection or column."""
        return replace(
            self,
            collections=tuple(item for item in self.collections if item is not dependant),
            columns=tuple(item for item in self.columns if item is not dependant),
        )


def _put(items: tuple[T, ...], item: T, key: str) -> tuple[T, ...]:
    wanted = getattr(item, key)
    if any(getattr(old, key) == wanted for old in items):
        return tuple(item if getattr(old, key) == wanted else old for old in items)
    return (*items, item)
