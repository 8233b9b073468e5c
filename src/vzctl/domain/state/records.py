"""The records of a state, as frozen values: what there is, one type a thing.

Every type carries `extra`: keys of the file that this version does not know, kept so that they survive a round trip.
Times are aware UTC with whole seconds. Ids are random lower-case words that never change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self


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
    """Steps of a rotation, in order; see `vzctl.domain.rotation.machine` for what each one means."""

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


class ProviderAnswer(StrEnum):
    """What the provider answered to a new key; `NOT_TESTED`: it was not asked, or its answer says nothing about the key."""

    WORKS = "works"
    RECOGNIZED = "recognized"
    NOT_TESTED = "not_tested"


class AstraAnswer(StrEnum):
    """What a search through a dependent showed of a new key."""

    WORKS = "works"
    NOT_TESTED = "not_tested"
    NO_DEPENDENT = "no_dependent"


Extra = dict[str, Any]

LONGEST_FRESHNESS: Final = 7 * 24 * 3600
"""Seconds for which a Data API may keep a key; longer than a week is a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The organization this file describes; `fingerprint_salt` keys every fingerprint in it.

    `token_version` points into `token_versions`: the Astra token in the secret store, if one is kept there.
    """

    name: str
    control_plane: ControlPlane
    fingerprint_salt: str
    token_version: str | None = None
    token_versions: tuple[Version, ...] = ()
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
    certificate_name: str | None = None
    freshness_seconds: int | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        """Whether collections and columns can be created in it (rule 3)."""
        return self.status == "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceToken:
    """What tells the credential service which self-hosted database is asking. The token itself is not kept.

    Its SHA-256 is enough: a token is 256 random bits, so there is no dictionary that a slower hash would have to slow down.
    """

    id: str
    database: str
    sha256: str
    created_at: datetime
    note: str | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeEntry:
    """One database (by id) that may use a credential. `refused_at` is when it was first seen to refuse it all the same."""

    database: str
    added_at: datetime
    evidence: Evidence | None = None
    evidence_at: datetime | None = None
    removal_wanted_at: datetime | None = None
    refused_at: datetime | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One immutable secret value. `held` says that its bytes are in the secret store; never the bytes themselves."""

    id: str
    created_at: datetime
    fingerprint: str | None = None
    last_four: str | None = None
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

    def age_days(self, now: datetime) -> int | None:
        """Return whole days since the key was set, or None when nobody knows. A time in the future counts as 0."""
        return None if self.key_set_at is None else max(0, (now - self.key_set_at).days)

    def with_version(self, version: Version) -> Self:
        """Return a copy in which `version` is added, or replaces the one with its id."""
        if self.version(version.id) is None:
            return replace(self, versions=(*self.versions, version))
        return replace(self, versions=tuple(version if old.id == version.id else old for old in self.versions))


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
class AttachedService:
    """What makes the vectors of a collection or column; without a provider, nothing does."""

    provider: str | None = None
    authentication: Authentication = Authentication.NONE
    credential: str | None = None
    model: str | None = None
    dimension: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)

    def as_fields(self) -> dict[str, Any]:
        """Return the fields of a dependent's record that say what it is attached to."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
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
    def service(self) -> AttachedService:
        """What it is attached to."""
        return AttachedService(
            provider=self.provider,
            authentication=self.authentication,
            credential=self.credential,
            model=self.model,
            dimension=self.dimension,
            parameters=self.parameters,
        )

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
class Collection(Dependent):
    """A collection: its provider and credential are locked for life (rule 5)."""

    name: str

    @property
    def local_name(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        return "collection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Dependent):
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
    """What there was before a rotation: taken once, when it starts.

    It is a promise that dependents keep working, and the age and slot of the old key. `dependents` are addresses with the
    database's id; the rows of older versions, which have no `Rotation.times`, have none.
    """

    name: str
    provider: str
    databases: tuple[str, ...] = ()
    needed_databases: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()
    key_set_at: datetime | None = None
    slot: int | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """When a rotation arrived at a step, and when a manual step was verified."""

    step: Step
    done_at: datetime
    verified_at: datetime | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTest:
    """What the test of a new key showed: at its provider, and through a dependent.

    `version` is the version that was tested, `dependent` the address of the dependent, as it was then. The reasons say why there
    was no test, in vzctl's own words; nothing is decided by them.
    """

    version: str
    provider: ProviderAnswer = ProviderAnswer.NOT_TESTED
    astra: AstraAnswer = AstraAnswer.NOT_TESTED
    provider_reason: str | None = None
    dependent: str | None = None
    astra_reason: str | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        """Whether the provider was seen to accept the key."""
        return self.provider is not ProviderAnswer.NOT_TESTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """One rotation, open or finished: everything that another machine needs to go on, but the secret.

    `databases` is the scope to end with, and `scoped` the part of it that the credential has at the Portal again. `key_test` is
    None for a new key that was not tested. `times` has the steps in the order in which they were done; rows of older versions
    have none.
    """

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
    key_test: KeyTest | None = None
    new_slot: int | None = None
    scoped: tuple[str, ...] = ()
    group_size: int | None = None
    seen: tuple[str, ...] = ()
    times: tuple[StepTime, ...] = ()
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
class Deletion:
    """A version whose secret is being deleted from the store (`done_at` is None) or was deleted: no pointer names it again.

    `owner` is the id of its credential, live or removed, or `astra-token`. The record outlives the version's own.
    """

    version: str
    owner: str
    begun_at: datetime
    done_at: datetime | None = None
    extra: Extra = field(default_factory=dict)
