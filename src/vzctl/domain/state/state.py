"""The state of one organization: its records together, and how a changed copy is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Self, TypeVar

from vzctl.domain.state.records import (
    Collection,
    Column,
    ControlPlane,
    Credential,
    Database,
    Deletion,
    Dependent,
    Extra,
    Integration,
    Organization,
    RetiredCredential,
    Revocation,
    Rotation,
    ServiceToken,
    Version,
)

SCHEMA_VERSION: Final = 1
T = TypeVar("T")


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
    deletions: tuple[Deletion, ...] = ()
    service_tokens: tuple[ServiceToken, ...] = ()
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

    def dependants(self) -> Iterator[Dependent]:
        """Yield every collection, then every column."""
        yield from self.collections
        yield from self.columns

    def dependents_of(self, credential_name: str) -> list[Dependent]:
        """Return the collections and columns that hold this credential's name."""
        return [item for item in self.dependants() if item.credential == credential_name]

    def tokens_of(self, database_id: str) -> list[ServiceToken]:
        """Return the service tokens of a database."""
        return [item for item in self.service_tokens if item.database == database_id]

    def open_rotation(self, credential_id: str) -> Rotation | None:
        """Return the credential's open rotation, or None."""
        return next((item for item in self.rotations if item.credential == credential_id and item.is_open), None)

    def open_revocations(self) -> list[Revocation]:
        """Return the keys that still have to be revoked at their provider."""
        return [item for item in self.revocations if item.done_at is None]

    def open_deletions(self) -> list[Deletion]:
        """Return the versions whose secrets are still to be deleted from the store."""
        return [item for item in self.deletions if item.done_at is None]

    def pointers(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every version whose secret must stay in the store, with the place in the file of what refers to it."""
        if self.organization.token_version is not None:
            yield ("organization", "token_version"), self.organization.token_version
        for position, credential in enumerate(self.credentials):
            for key, version_id in (("current", credential.current), ("pending", credential.pending)):
                if version_id is not None:
                    yield ("credentials", position, key), version_id
            for version_id in credential.previous:
                yield ("credentials", position, "previous"), version_id
        for position, rotation in enumerate(self.rotations):
            if rotation.is_open:
                for key, version_id in (("old_version", rotation.old_version), ("new_version", rotation.new_version)):
                    if version_id is not None:
                        yield ("rotations", position, key), version_id

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

    def with_service_token(self, token: ServiceToken) -> Self:
        """Return a copy in which the token is added or replaces the one with its id."""
        return replace(self, service_tokens=_put(self.service_tokens, token, "id"))

    def without_service_token(self, token_id: str) -> Self:
        """Return a copy without that token."""
        return replace(self, service_tokens=tuple(item for item in self.service_tokens if item.id != token_id))

    def without_integration(self, provider: str) -> Self:
        """Return a copy without that provider's integration."""
        return replace(self, integrations=tuple(item for item in self.integrations if item.provider != provider))

    def without_database(self, database_id: str) -> Self:
        """Return a copy without that database and its service tokens; what else refers to it is the caller's business."""
        return replace(
            self,
            databases=tuple(item for item in self.databases if item.id != database_id),
            service_tokens=tuple(item for item in self.service_tokens if item.database != database_id),
        )

    def without_credential(self, credential_id: str) -> Self:
        """Return a copy without that credential."""
        return replace(self, credentials=tuple(item for item in self.credentials if item.id != credential_id))

    def without_dependent(self, dependant: Dependent) -> Self:
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
