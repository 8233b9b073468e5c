"""Remove a credential: the blast radius first, then the tombstone, then the bytes (rules 7, 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from vzctl.command import suggest
from vzctl.domain.rotation.manual_steps import removal_requested, steps_for
from vzctl.domain.rules import counted, require_credential, require_no_rotation
from vzctl.domain.state.deletion import with_deletions
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, RetiredCredential
from vzctl.domain.state.revocation import REASON_REMOVED, to_revoke
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus
from vzctl.usecases.change import Plan, propose_from, stable_ids
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.keys.delete import Deleted, finish_deletions
from vzctl.usecases.keys.version import may_be_held
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.views import DatabaseRef, DependentRef, database_refs, dependent_line, dependent_refs

CACHE_NOTE = "a Data API that cached the key may keep using it: in the open-source one until it was idle for 5 minutes or restarted"


@dataclass(frozen=True, slots=True)
class RemoveCredential:
    """Remove a credential from Astra (or from this authority); the key at the provider stays."""

    name: str
    if_missing: str = "fail"
    keep_secret: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """What a removal stops, and whether it happened."""

    name: str
    provider: str
    removed: bool
    dependants: tuple[DependentRef, ...]
    databases: tuple[DatabaseRef, ...]
    revocation: str | None


def remove_credential(context: Context, request: RemoveCredential) -> Outcome[Removal | None]:
    """Remove the credential after the question that its blast radius deserves."""
    context.require_writable()
    state = context.state_store.read()
    if state.credential(request.name) is None and request.if_missing == "skip":
        return Outcome(data=None, summary=(f'there is no credential "{request.name}"',))
    now, ids = context.now(), stable_ids(context)
    proposal = propose_from(context, state, lambda current: _plan(current, request, now, partial(ids, "revocation")))
    credential, index = proposal.plan.data.credential, Index(state)
    if request.dry_run:
        dependants = index.dependents_of_credential[credential.name]
        return Outcome(
            data=_removal(index, credential, removed=False, revocation=None),
            summary=_blast_radius(index, credential, "would remove"),
            warnings=(Notice("CACHED_KEYS", CACHE_NOTE, credential.name),) if dependants else (),
        )
    if proposal.plan.data.deletes:
        context.store().probe()
    proposal.ask()
    written = proposal.commit()
    data = written.plan.data
    deleted = finish_deletions(context, data.deletes) if data.deletes else Deleted()
    outcome = _outcome(written.after, Index(written.before), data.credential, data.revocation_id)
    return replace(outcome, warnings=(*outcome.warnings, *deleted.kept))


@dataclass(frozen=True, slots=True)
class _Planned:
    """The credential to remove, the revocation of its key, and the versions whose secrets are deleted with it."""

    credential: Credential
    revocation_id: str | None
    deletes: frozenset[str]


def _plan(state: State, request: RemoveCredential, now: datetime, new_id: Callable[[], str]) -> Plan[_Planned]:
    credential = require_credential(state, request.name)
    require_no_rotation(state, credential)
    index = Index(state)
    dependants = index.dependents_of_credential[credential.name]
    after, revocation_id = state.with_credential(removal_requested(credential, now)), None
    deletes: frozenset[str] = frozenset()
    if state.is_local or credential.current is None:
        after, revocation_id = retired(state, credential, now, new_id, keep_secrets=request.keep_secret)
        deletes = frozenset() if request.keep_secret else may_be_held(credential)
    return Plan(
        state=after,
        data=_Planned(credential, revocation_id, deletes),
        question=Question(
            f'Remove the credential "{credential.name}"?',
            credential.name,
            Danger.SEVERE if dependants else Danger.MODERATE,
            _blast_radius(index, credential, "removes"),
        ),
        basis=(credential.id, credential.current),  # a key that is put into service meanwhile is not deleted unseen
        details=(f'remove "{credential.name}" with {counted(len(dependants), "dependant")}',),
        subjects=(credential.name,),
    )


def retired(
    state: State, credential: Credential, now: datetime, new_id: Callable[[], str], *, keep_secrets: bool = False
) -> tuple[State, str | None]:
    """Return the state without the credential: a tombstone stays, and its key has to be revoked at the provider.

    The deletion of its secrets begins with it, unless they are kept.
    """
    held = may_be_held(credential)
    versions = tuple(replace(item, held=item.id in held) for item in credential.versions)
    tombstone = RetiredCredential(
        id=credential.id, name=credential.name, provider=credential.provider, removed_at=now, versions=versions
    )
    state = state.without_credential(credential.id).with_retired(tombstone)
    if not keep_secrets:
        state = with_deletions(state, credential.id, [item.id for item in versions if item.held], now)
    if credential.current is None:
        return state, None
    return to_revoke(state, credential.id, credential.current, REASON_REMOVED, now, new_id)


def _outcome(after: State, before: Index, credential: Credential, revocation_id: str | None) -> Outcome[Removal | None]:
    removed = after.credential(credential.name) is None
    data = _removal(before, credential, removed=removed, revocation=revocation_id)
    warnings = (Notice("CACHED_KEYS", CACHE_NOTE, credential.name),) if data.dependants else ()
    if not removed:
        return Outcome(
            data=data,
            changed=True,
            summary=(f'to do at the Portal: remove "{credential.name}"',),
            warnings=warnings,
            next_steps=steps_for(after, lambda _, name: name == credential.name),
            status=ExitStatus.MANUAL,
        )
    steps = (
        (suggest("revocations done", revocation_id, comment="once its key is revoked at the provider"),)
        if revocation_id is not None
        else ()
    )
    return Outcome(
        data=data,
        changed=True,
        summary=(f'removed the credential "{credential.name}"; its key at the provider still exists',),
        warnings=warnings,
        next_steps=steps,
    )


def _removal(index: Index, credential: Credential, *, removed: bool, revocation: str | None) -> Removal:
    dependants = index.dependents_of_credential[credential.name]
    return Removal(
        name=credential.name,
        provider=credential.provider,
        removed=removed,
        dependants=dependent_refs(index, dependants),
        databases=database_refs(index, [entry.database for entry in credential.scope]),
        revocation=revocation,
    )


def _blast_radius(index: Index, credential: Credential, verb: str) -> tuple[str, ...]:
    dependants = index.dependents_of_credential[credential.name]
    scope = counted(len(credential.scope), "database")
    if not dependants:
        return (f'{verb} "{credential.name}" ({scope} in scope); nothing depends on it',)
    lines = [
        f'{verb} "{credential.name}" ({scope} in scope); {counted(len(dependants), "dependant")} would lose $vectorize:'
    ]
    lines += [f"  {dependent_line(index, item)}" for item in dependants]
    return tuple(lines)
