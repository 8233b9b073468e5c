"""The list of credentials. A file of its own: it is what people and scripts ask for most, and loads little."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain.state.age import age_days, is_due, maximum_age_days
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential
from vzctl.errors import ExitStatus
from vzctl.usecases.context import Context
from vzctl.usecases.credentials.last_use import LastUse, last_uses
from vzctl.usecases.outcome import Columns, Outcome


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One credential in a list; `secret_held` is what the state knows, no store was asked."""

    id: str
    name: str
    provider: str
    scope_count: int
    dependant_count: int
    age_days: int | None
    max_age_days: int
    due: bool
    secret_held: bool
    fingerprint: str | None
    rotation_step: str | None
    evidence: str | None
    removal_wanted: bool
    note: str | None
    last_used_at: datetime | None
    last_used_source: str | None
    last_four: str | None = None

    columns: ClassVar[Columns] = (
        ("NAME", "name"),
        ("PROVIDER", "provider"),
        ("SCOPE", "scope_count"),
        ("DEPENDANTS", "dependant_count"),
        ("AGE", "age_days"),
        ("DUE", "due"),
        ("SECRET", "secret_held"),
        ("ROTATION", "rotation_step"),
        ("EVIDENCE", "evidence"),
        ("REMOVAL", "removal"),
        ("LAST USED", "last_used_at"),
    )

    @property
    def removal(self) -> str | None:
        """`wanted` while a person's removal at the Portal is next."""
        return "wanted" if self.removal_wanted else None


@dataclass(frozen=True, slots=True)
class CredentialList:
    """Credentials in the order in which they were added."""

    credentials: tuple[CredentialRow, ...]


@dataclass(frozen=True, slots=True)
class ListCredentials:
    """Which credentials: all, or those of a provider, available to a database, or due."""

    provider: str | None = None
    database: str | None = None
    due: bool = False
    exit_code: bool = False


def list_credentials(context: Context, request: ListCredentials) -> Outcome[CredentialList]:
    """Return the credentials that match; with `exit_code`, status `CHANGES` when any are due."""
    state = context.state_store.read()
    index = Index(state)
    now = context.now()
    chosen = list(state.credentials)
    if request.provider is not None:
        from vzctl.domain.catalog.catalog import find_provider

        provider_id = find_provider(request.provider).id
        chosen = [item for item in chosen if item.provider == provider_id]
    if request.database is not None:
        from vzctl.domain.state.address import find_database

        database = find_database(state, request.database)
        chosen = [item for item in chosen if database.id in item.database_ids]
    if request.due:
        chosen = [item for item in chosen if is_due(item, now, context.policy_days)]
    uses = last_uses(context, state)
    rows = tuple(credential_row(context, index, item, uses.get(item.id)) for item in chosen)
    due = [item.name for item in rows if item.due]
    steps = [suggest("credentials rotate", name, comment="its key is due") for name in due[:3]] if request.due else []
    if not state.credentials:
        steps = [suggest("credentials add", "NAME", provider="openai", comment="add the first one")]
    status = ExitStatus.CHANGES if request.exit_code and due else ExitStatus.OK
    return Outcome(data=CredentialList(rows), next_steps=tuple(steps), status=status)


def credential_row(
    context: Context, index: Index, credential: Credential, last_use: LastUse | None = None
) -> CredentialRow:
    """Return the view of one credential; `last_use` is when it was last known to be in use."""
    now = context.now()
    current = credential.current_version
    rotation = index.open_rotations.get(credential.id)
    return CredentialRow(
        id=credential.id,
        name=credential.name,
        provider=credential.provider,
        scope_count=len(credential.scope),
        dependant_count=len(index.dependants_of_credential.get(credential.name, ())),
        age_days=age_days(credential, now),
        max_age_days=maximum_age_days(credential, context.policy_days),
        due=is_due(credential, now, context.policy_days),
        secret_held=current is not None and current.held,
        fingerprint=current.fingerprint if current is not None else None,
        rotation_step=rotation.step.value if rotation is not None else None,
        evidence=credential.evidence.value if credential.evidence else None,
        removal_wanted=credential.removal_wanted_at is not None,
        note=credential.note,
        last_used_at=last_use.at if last_use is not None else None,
        last_used_source=last_use.source if last_use is not None else None,
        last_four=current.last_four if current is not None else None,
    )
