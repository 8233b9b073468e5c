"""`vzctl integrations add`: enable a provider in the organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vzctl.command import suggest
from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.rotation.manual_steps import requested_again, status_for, steps_for, wanted
from vzctl.domain.state.records import Evidence, Integration
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context
from vzctl.usecases.integrations.integration import IntegrationChange, require_integration, row
from vzctl.usecases.outcome import Notice, Outcome

UNSTRUCTURED_NOTE = "enabling an embedding provider integration also enables the Unstructured data loader integration"


@dataclass(frozen=True, slots=True)
class AddIntegration:
    """Enable a provider."""

    provider: str
    if_exists: str = "fail"
    dry_run: bool = False


def add_integration(context: Context, request: AddIntegration) -> Outcome[IntegrationChange]:
    """Enable a provider; on `astra` record that a person shall."""
    context.require_writable()
    provider = find_provider(request.provider)
    if not provider.takes_credential:
        raise ConflictError(
            f"{provider.display_name} is hosted by Astra: it is on without an integration, credential or scope",
            code="PROVIDER_TAKES_NO_CREDENTIAL",
            next_steps=(suggest("providers show", provider.id, comment="how it is used"),),
        )
    now = context.now()
    proposal = propose(
        context,
        lambda state: Plan(
            state=_added(state, provider, request, now),
            data=None,
            details=(f"enable {provider.id}",),
            subjects=(provider.id,),
        ),
    )
    if request.dry_run:
        data = _change(proposal.plan.state, provider)
        return Outcome(data=data, summary=(f"would enable {provider.display_name}",))
    written = proposal.commit()
    after = written.after
    if not written.changed:
        return Outcome(data=_change(after, provider), summary=(f"{provider.display_name} is enabled already",))
    return Outcome(
        data=_change(after, provider),
        changed=True,
        summary=(_summary(after, f"enabled {provider.display_name}", f"enable {provider.display_name}"),),
        warnings=(*also_enabled(after, provider), *charges(provider)),
        next_steps=(
            *steps_for(after, lambda item, credential: item == provider.id and credential is None),
            suggest("credentials add", "NAME", provider=provider.id, comment="add its first credential"),
        ),
        status=status_for(after),
    )


def enabled(state: State, provider: Provider, now: datetime) -> State:
    """Return the state in which the provider is enabled, or wanted on `astra`."""
    integration = state.integration(provider.id)
    if integration is not None:
        return state.with_integration(requested_again(integration, now)) if integration.removal_wanted_at else state
    return state.with_integration(Integration(provider=provider.id, added_at=now, **wanted(state, now)))


def also_enabled(state: State, provider: Provider) -> tuple[Notice, ...]:
    """Say what the Portal enables together with an integration (rule 13); a self-hosted Data API has no such thing."""
    return () if state.is_local else (Notice("UNSTRUCTURED_ENABLED", UNSTRUCTURED_NOTE, provider.id),)


def charges(provider: Provider) -> tuple[Notice, ...]:
    """Say that an external provider may charge (rule 13)."""
    if not provider.is_external:
        return ()
    text = f"{provider.display_name} may charge your account there for embeddings"
    return (Notice("PROVIDER_MAY_CHARGE", text, provider.id),)


def _added(state: State, provider: Provider, request: AddIntegration, now: datetime) -> State:
    integration = state.integration(provider.id)
    if integration is not None and integration.removal_wanted_at is None and request.if_exists == "fail":
        raise ConflictError(
            f"{provider.display_name} is enabled already",
            code="INTEGRATION_EXISTS",
            next_steps=(suggest("integrations show", provider.id, comment="look at it"),),
        )
    return enabled(state, provider, now)


def _change(state: State, provider: Provider) -> IntegrationChange:
    integration = require_integration(state, provider)
    return IntegrationChange(row(state, integration), integration.evidence is not Evidence.WANTED)


def _summary(state: State, done: str, to_do: str) -> str:
    return done if state.is_local else f"to do at the Portal: {to_do}"
