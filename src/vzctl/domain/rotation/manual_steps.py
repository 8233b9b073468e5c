"""On the `astra` plane: what was asked for and a person still has to do in the Portal.

Nothing of this is stored twice: a pending step is a fact with evidence `wanted`, or one whose removal is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from vzctl.command import NextStep, suggest
from vzctl.domain import portal
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.portal import PortalVisit
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Evidence, Integration, ScopeEntry
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus, NotFoundError, quoted

SHOWN_STEPS: Final = 5

Fact = Integration | Credential | ScopeEntry
F = TypeVar("F", Integration, Credential, ScopeEntry)


@dataclass(frozen=True, slots=True)
class PendingStep:
    """One thing a person has to do. `id` is readable and stable: `add-scope:NAME:DATABASE`."""

    id: str
    verb: str
    kind: str
    provider: str
    credential: str | None
    database: str | None
    wanted_at: datetime
    portal: PortalVisit


def pending_steps(state: State) -> list[PendingStep]:
    """Return the steps in the order in which they can be done: integrations, credentials, scopes; additions first."""
    return [*_additions(state), *_removals(state)]


def unproven(state: State) -> Iterator[Evidence]:
    """Yield how each fact is known that nobody has seen: `wanted` or `attested`. A removal that is wanted is not done yet."""
    entries = (entry for item in state.credentials for entry in item.scope)
    facts: list[Integration | Credential | ScopeEntry] = [*state.integrations, *state.credentials, *entries]
    for fact in facts:
        if fact.removal_wanted_at is not None:
            yield Evidence.WANTED
        elif fact.evidence in (Evidence.WANTED, Evidence.ATTESTED):
            yield fact.evidence


def find_pending(state: State, step_id: str) -> PendingStep:
    """Return the step with that id, or raise `NotFoundError`."""
    for step in pending_steps(state):
        if step.id == step_id:
            return step
    raise NotFoundError(
        f"there is no pending step {quoted(step_id)}",
        code="PENDING_NOT_FOUND",
        next_steps=(suggest("pending list", comment="what still has to be done"),),
    )


def _additions(state: State) -> Iterator[PendingStep]:
    index = Index(state)
    for integration in state.integrations:
        if _is_addition(integration):
            yield _integration_step(integration, "add", integration.evidence_at or integration.added_at)
    for credential in state.credentials:
        if _is_addition(credential):
            yield _credential_step(credential, "add", credential.evidence_at or credential.created_at)
    for credential in state.credentials:
        for entry in credential.scope:
            if _is_addition(entry) and credential.removal_wanted_at is None:
                yield _scope_step(index, credential, entry, "add", entry.evidence_at or entry.added_at)


def _removals(state: State) -> Iterator[PendingStep]:
    index = Index(state)
    for credential in state.credentials:
        for entry in credential.scope:
            if entry.removal_wanted_at is not None and credential.removal_wanted_at is None:
                yield _scope_step(index, credential, entry, "remove", entry.removal_wanted_at)
    for credential in state.credentials:
        if credential.removal_wanted_at is not None:
            yield _credential_step(credential, "remove", credential.removal_wanted_at)
    for integration in state.integrations:
        if integration.removal_wanted_at is not None:
            yield _integration_step(integration, "remove", integration.removal_wanted_at)


def _integration_step(integration: Integration, verb: str, at: datetime) -> PendingStep:
    provider = _provider(integration.provider)
    text = portal.add_integration(provider) if verb == "add" else portal.remove_integration(provider)
    return PendingStep(f"{verb}-integration:{provider.id}", verb, "integration", provider.id, None, None, at, text)


def _credential_step(credential: Credential, verb: str, at: datetime) -> PendingStep:
    provider = _provider(credential.provider)
    words = portal.add_credential if verb == "add" else portal.remove_credential
    step_id = f"{verb}-credential:{credential.name}"
    return PendingStep(
        step_id, verb, "credential", provider.id, credential.name, None, at, words(provider, credential.name)
    )


def _scope_step(index: Index, credential: Credential, entry: ScopeEntry, verb: str, at: datetime) -> PendingStep:
    provider = _provider(credential.provider)
    database = index.database_name(entry.database)
    words = portal.add_to_scope if verb == "add" else portal.remove_from_scope
    step_id = f"{verb}-scope:{credential.name}:{database}"
    text = words(provider, credential.name, [database])
    return PendingStep(step_id, verb, "scope", provider.id, credential.name, entry.database, at, text)


def _provider(provider_id: str) -> Provider:
    """Return the catalogue's provider; one that only the file knows has its id for a name."""
    return provider_by_id(provider_id) or Provider(id=provider_id, display_name=provider_id, models=())


def confirm_addition(state: State, step: PendingStep, now: datetime, evidence: Evidence = Evidence.ATTESTED) -> State:
    """Return the state in which the wanted fact is attested, or observed."""
    return _with_evidence(state, step, evidence, now)


def _with_evidence(state: State, step: PendingStep, evidence: Evidence, now: datetime) -> State:
    if step.kind == "integration":
        integration = state.integration(step.provider)
        assert integration is not None
        return state.with_integration(replace(integration, evidence=evidence, evidence_at=now))
    credential = state.credential(step.credential or "")
    assert credential is not None
    if step.kind == "credential":
        return state.with_credential(replace(credential, evidence=evidence, evidence_at=now))
    scope = tuple(
        replace(entry, evidence=evidence, evidence_at=now, refused_at=None)
        if entry.database == step.database
        else entry
        for entry in credential.scope
    )
    return state.with_credential(replace(credential, scope=scope))


def _is_addition(fact: Fact) -> bool:
    return fact.evidence is Evidence.WANTED and fact.removal_wanted_at is None


def requested_again(fact: F, now: datetime) -> F:
    """Return a fact whose removal was requested, as one to add: the manual step may have been done already.

    Nobody has confirmed the removal, so whether the fact is still there is unknown until the user checks it at the Portal.
    """
    if fact.removal_wanted_at is None:
        return fact
    return replace(fact, removal_wanted_at=None, evidence=Evidence.WANTED, evidence_at=now)


def removal_requested(fact: F, now: datetime) -> F:
    """Return a fact as one to remove, also when its addition was requested and not confirmed: it may be there already."""
    return replace(fact, removal_wanted_at=fact.removal_wanted_at or now)


def opposite_requested(state: State, step: PendingStep, now: datetime) -> State:
    """Return the state in which the opposite of a pending step is requested: nobody knows whether the step was done."""
    change = requested_again if step.verb == "remove" else removal_requested
    if step.kind == "integration":
        integration = state.integration(step.provider)
        assert integration is not None
        return state.with_integration(change(integration, now))
    credential = state.credential(step.credential or "")
    assert credential is not None
    if step.kind == "credential":
        return state.with_credential(change(credential, now))
    scope = tuple(change(entry, now) if entry.database == step.database else entry for entry in credential.scope)
    return state.with_credential(replace(credential, scope=scope))


def without_scope_entry(credential: Credential, database_id: str) -> Credential:
    """Return the credential without that database in its scope."""
    return replace(credential, scope=tuple(entry for entry in credential.scope if entry.database != database_id))


def wanted(state: State, now: datetime) -> dict[str, Any]:
    """Return the evidence fields of a new fact: none on `local`, `wanted` since now on `astra`."""
    return {} if state.is_local else {"evidence": Evidence.WANTED, "evidence_at": now}


def steps_for(state: State, concerns: Callable[[str, str | None], bool]) -> tuple[NextStep, ...]:
    """Return `pending confirm` commands for the pending steps that concern (provider, credential), a few at most."""
    steps = [step for step in pending_steps(state) if concerns(step.provider, step.credential)]
    shown = [suggest("pending confirm", step.id, comment=f"after you did this: {step.portal.title}") for step in steps]
    if len(shown) > SHOWN_STEPS:
        shown = [*shown[:SHOWN_STEPS], suggest("pending list", comment=f"{len(shown) - SHOWN_STEPS} more")]
    return tuple(shown)


def status_for(state: State) -> ExitStatus:
    """Return `MANUAL` on `astra`, where a person has to act next, and `OK` on `local`."""
    return ExitStatus.OK if state.is_local else ExitStatus.MANUAL
