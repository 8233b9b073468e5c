"""One credential as a row of a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.domain.state.age import is_due, maximum_age_days
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential
from vzctl.usecases.context import Context
from vzctl.usecases.keys.last_use import LastUse
from vzctl.usecases.outcome import Columns


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
        dependant_count=len(index.dependents_of_credential.get(credential.name, ())),
        age_days=credential.age_days(now),
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
