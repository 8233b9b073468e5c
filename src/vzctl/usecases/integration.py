"""Integrations: providers that are enabled in the organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain.catalogue import find_provider
from vzctl.domain.index import Index
from vzctl.domain.pending import removal_requested, requested_again
from vzctl.domain.provider import Provider
from vzctl.domain.records import Evidence, Integration
from vzctl.domain.rules import display_name, require_integration_removable
from vzctl.domain.state import State
from vzctl.errors import ConflictError, ExitStatus, NotFoundError
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context, Question
from vzctl.usecases.manual import status_for, steps_for, wanted
from vzctl.usecases.outcome import Columns, Notice, Outcome
from vzctl.usecases.views import DependantRef, dependant_refs

UNSTRUCTURED_NOTE = "enabling an embedding provider integration also enables the Unstructured data loader integration"


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
class IntegrationList:
    """All integrations."""

    integrations: tuple[IntegrationRow, ...]


@dataclass(frozen=True, slots=True)
class IntegrationDetail:
    """One integration with its credentials and what depends on them."""

    integration: IntegrationRow
    credentials: tuple[str, ...]
    dependants: tuple[DependantRef, ...]


@dataclass(frozen=True, slots=True)
class IntegrationChange:
    """One integration that was added or removed; `done` is False while a person's step is next."""

    integration: IntegrationRow
    done: bool


@dataclass(frozen=True, slots=True)
class AddIntegration:
    """Enable a provider."""

    provider: str
    if_exists: str = "fail"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class RemoveIntegration:
    """Disable a provider that has no credentials."""

    provider: str
    if_missing: str = "fail"
    dry_run: bool = False


def list_integrations(context: Context) -> Outcome[IntegrationList]:
    """Return all integrations."""
    state = context.state_file.read()
    rows = tuple(row(state, integration) for integration in state.integrations)
    steps = () if rows else (suggest("integrations add", "PROVIDER", comment="enable one"),)
    return Outcome(data=IntegrationList(rows), next_steps=steps)


def show_integration(context: Context, name: str) -> Outcome[IntegrationDetail]:
    """Return one integration; raise `NotFoundError` when the provider is not enabled."""
    state = context.state_file.read()
    integration = require_integration(state, find_provider(name))
    credentials = tuple(item.name for item in state.credentials if item.provider == integration.provider)
    dependants = [item for item in state.dependants() if item.provider == integration.provider]
    return Outcome(
        data=IntegrationDetail(row(state, integration), credentials, dependant_refs(Index(state), dependants))
    )


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


def remove_integration(context: Context, request: RemoveIntegration) -> Outcome[IntegrationChange | None]:
    """Disable a provider without credentials (rule 1)."""
    context.require_writable()
    provider = find_provider(request.provider)
    state = context.state_file.read()
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
