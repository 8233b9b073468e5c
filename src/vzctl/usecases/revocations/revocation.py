"""Keys that still have to be revoked at their provider (rule 9), as several commands show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.domain import portal
from vzctl.domain.portal import PortalVisit
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Revocation
from vzctl.domain.state.state import State
from vzctl.usecases.outcome import Columns
from vzctl.usecases.views import ending_text


@dataclass(frozen=True, slots=True)
class RevocationRow:
    """One old key; `same_key` names live credentials that still use it."""

    id: str
    credential: str
    provider: str
    version: str
    fingerprint: str | None
    reason: str
    due_since: datetime
    done_at: datetime | None
    held: bool
    same_key: tuple[str, ...]
    at_provider: PortalVisit | None
    last_four: str | None = None

    columns: ClassVar[Columns] = (
        ("ID", "id"),
        ("CREDENTIAL", "credential"),
        ("PROVIDER", "provider"),
        ("REASON", "reason"),
        ("DUE SINCE", "due_since"),
        ("DONE", "done_at"),
        ("STILL USED BY", "same_key"),
        ("KEY", "last_four"),
    )


def revocation_rows(state: State, revocations: Iterable[Revocation]) -> tuple[RevocationRow, ...]:
    """Return the views of revocations."""
    index = Index(state)
    return tuple(_row(index, item) for item in revocations)


def old_key_text(row: RevocationRow) -> str:
    """Return which key it is, so that it can be found at the provider: `the old key …5678 of "openai-prod"`."""
    return f'the old key {ending_text(row.last_four)}of "{row.credential}"'


def _row(index: Index, revocation: Revocation) -> RevocationRow:
    owner, version = index.owned_versions[revocation.credential, revocation.version]
    provider = provider_by_id(owner.provider)
    same = tuple(index.users_of_key.get(version.fingerprint, ())) if version.fingerprint is not None else ()
    visit = portal.revoke_at_provider(provider, revocation.reason, version.last_four) if provider is not None else None
    return RevocationRow(
        id=revocation.id,
        credential=owner.name,
        provider=owner.provider,
        version=version.id,
        fingerprint=version.fingerprint,
        reason=revocation.reason,
        due_since=revocation.due_since,
        done_at=revocation.done_at,
        held=version.held,
        same_key=same,
        at_provider=visit,
        last_four=version.last_four,
    )
