"""`vzctl integrations list`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.usecases.context import Context
from vzctl.usecases.integrations.integration import IntegrationRow, row
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class IntegrationList:
    """All integrations."""

    integrations: tuple[IntegrationRow, ...]


def list_integrations(context: Context) -> Outcome[IntegrationList]:
    """Return all integrations."""
    state = context.state_store.read()
    rows = tuple(row(state, integration) for integration in state.integrations)
    steps = () if rows else (suggest("integrations add", "PROVIDER", comment="enable one"),)
    return Outcome(data=IntegrationList(rows), next_steps=steps)
