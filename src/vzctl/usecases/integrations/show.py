"""`vzctl integrations show`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.state.index import Index
from vzctl.usecases.context import Context
from vzctl.usecases.integrations.integration import IntegrationRow, require_integration, row
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.views import DependentRef, dependent_refs


@dataclass(frozen=True, slots=True)
class IntegrationDetail:
    """One integration with its credentials and what depends on them."""

    integration: IntegrationRow
    credentials: tuple[str, ...]
    dependants: tuple[DependentRef, ...]


def show_integration(context: Context, name: str) -> Outcome[IntegrationDetail]:
    """Return one integration; raise `NotFoundError` when the provider is not enabled."""
    state = context.state_store.read()
    integration = require_integration(state, find_provider(name))
    credentials = tuple(item.name for item in state.credentials if item.provider == integration.provider)
    dependants = [item for item in state.dependants() if item.provider == integration.provider]
    return Outcome(
        data=IntegrationDetail(row(state, integration), credentials, dependent_refs(Index(state), dependants))
    )
