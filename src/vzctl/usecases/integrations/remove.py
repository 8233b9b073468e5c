"""`vzctl integrations remove`: disable a provider in the organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.rotation.manual_steps import removal_requested, steps_for
from vzctl.domain.rules import require_integration_removable
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context, Question
from vzctl.usecases.integrations.integration import IntegrationChange, require_integration, row
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class RemoveIntegration:
    """Disable a provider that has no credentials."""

    provider: str
    if_missing: str = "fail"
    dry_run: bool = False


def remove_integration(context: Context, request: RemoveIntegration) -> Outcome[IntegrationChange | None]:
    """Disable a provider without credentials (rule 1)."""
    context.require_writable()
    provider = find_provider(request.provider)
    state = context.state_store.read()
    if state.integration(provider.id) is None and request.if_missing == "skip":
        return Outcome(data=None, summary=(f"{provider.display_name} is not enabled",))
    now = context.now()
    proposal = propose(context, lambda state: _removal(state, provider, now))
    before = row(proposal.before, require_integration(proposal.before, provider))
    if request.dry_run:
        return Outcome(data=IntegrationChange(before, False), summary=(f"would remove {provider.display_name}",))
    proposal.ask()
    after = proposal.commit().after
    gone = after.integration(provider.id) is None
    return Outcome(
        data=IntegrationChange(before, gone),
        changed=True,
        summary=(
            f"removed {provider.display_name}" if gone else f"to do at the Portal: remove {provider.display_name}",
        ),
        next_steps=steps_for(after, lambda item, credential: item == provider.id and credential is None),
        status=ExitStatus.OK if gone else ExitStatus.MANUAL,
    )


def _removal(state: State, provider: Provider, now: datetime) -> Plan[None]:
    integration = require_integration(state, provider)
    require_integration_removable(state, provider.id)
    if state.is_local:
        after = state.without_integration(provider.id)
    else:
        after = state.with_integration(removal_requested(integration, now))
    return Plan(
        state=after,
        data=None,
        question=Question(f"Remove the {provider.display_name} integration?", provider.id),
        basis=integration.evidence,
        details=(f"remove {provider.id}",),
        subjects=(provider.id,),
    )
