"""What the commands for integrations share: providers that are enabled in the organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.rules import display_name
from vzctl.domain.state.records import Integration
from vzctl.domain.state.state import State
from vzctl.errors import NotFoundError
from vzctl.usecases.outcome import Columns


@dataclass(frozen=True, slots=True)
class IntegrationRow:
    """One integration."""

    provider: str
    display_name: str
    added_at: datetime
    credential_count: int
    dependant_count: int
    evidence: str | None
    removal_wanted: bool

    columns: ClassVar[Columns] = (
        ("PROVIDER", "provider"),
        ("NAME", "display_name"),
        ("CREDENTIALS", "credential_count"),
        ("DEPENDANTS", "dependant_count"),
        ("EVIDENCE", "evidence"),
        ("ADDED", "added_at"),
        ("REMOVAL", "removal"),
    )

    @property
    def removal(self) -> str | None:
        """`wanted` while a person's removal at the Portal is next."""
        return "wanted" if self.removal_wanted else None


@dataclass(frozen=True, slots=True)
class IntegrationChange:
    """One integration that was added or removed; `done` is False while a person's step is next."""

    integration: IntegrationRow
    done: bool


def require_integration(state: State, provider: Provider) -> Integration:
    """Return the provider's integration, or raise `NotFoundError`."""
    integration = state.integration(provider.id)
    if integration is None:
        raise NotFoundError(
            f"{provider.display_name} is not enabled",
            code="INTEGRATION_NOT_FOUND",
            next_steps=(suggest("integrations add", provider.id, comment="enable it"),),
        )
    return integration


def row(state: State, integration: Integration) -> IntegrationRow:
    """Return the view of one integration."""
    return IntegrationRow(
        provider=integration.provider,
        display_name=display_name(integration.provider),
        added_at=integration.added_at,
        credential_count=sum(item.provider == integration.provider for item in state.credentials),
        dependant_count=sum(item.provider == integration.provider for item in state.dependants()),
        evidence=integration.evidence.value if integration.evidence else None,
        removal_wanted=integration.removal_wanted_at is not None,
    )
