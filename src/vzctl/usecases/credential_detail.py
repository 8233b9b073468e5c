"""One credential as several commands show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential
from vzctl.domain.state.state import State
from vzctl.usecases.context import Context
from vzctl.usecases.credential_row import CredentialRow, credential_row
from vzctl.usecases.keys.last_use import last_uses
from vzctl.usecases.outcome import Columns
from vzctl.usecases.views import DependentRef, ScopedDatabase, dependent_refs, scoped_databases


@dataclass(frozen=True, slots=True)
class VersionView:
    """One secret version: a fingerprint, never the secret."""

    id: str
    role: str
    created_at: datetime
    fingerprint: str | None
    held: bool
    last_four: str | None = None

    columns: ClassVar[Columns] = (
        ("VERSION", "id"),
        ("ROLE", "role"),
        ("CREATED", "created_at"),
        ("FINGERPRINT", "fingerprint"),
        ("HELD", "held"),
        ("KEY", "last_four"),
    )


@dataclass(frozen=True, slots=True)
class CredentialDetail:
    """One credential with its scope, its dependants and its versions."""

    credential: CredentialRow
    created_at: datetime
    key_set_at: datetime | None
    slot: int | None
    scope: tuple[ScopedDatabase, ...]
    dependants: tuple[DependentRef, ...]
    versions: tuple[VersionView, ...]


def credential_detail(context: Context, state: State, credential: Credential) -> CredentialDetail:
    """Return the whole view of one credential."""
    index = Index(state)
    return CredentialDetail(
        credential=credential_row(context, index, credential, last_uses(context, state).get(credential.id)),
        created_at=credential.created_at,
        key_set_at=credential.key_set_at,
        slot=credential.slot,
        scope=scoped_databases(index, credential),
        dependants=dependent_refs(index, index.dependents_of_credential[credential.name]),
        versions=tuple(
            VersionView(
                item.id, version_role(credential, item.id), item.created_at, item.fingerprint, item.held, item.last_four
            )
            for item in credential.versions
        ),
    )


def version_role(credential: Credential, version_id: str) -> str:
    """Return `current`, `pending`, `previous` or `staged` (one that was taken back)."""
    if version_id == credential.current:
        return "current"
    if version_id == credential.pending:
        return "pending"
    return "previous" if version_id in credential.previous else "staged"
