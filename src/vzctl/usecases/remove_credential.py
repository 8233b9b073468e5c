"""Remove a credential: the blast radius first, then the tombstone, then the bytes (rules 7, 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from vzctl.domain.index import Index
from vzctl.domain.records import Credential, Evidence, RetiredCredential
from vzctl.domain.revocation import REASON_REMOVED, to_revoke
from vzctl.domain.rules import counted, require_credential, require_no_rotation
from vzctl.domain.state import State
from vzctl.errors import ConflictError, ExitStatus, NextStep
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.credential import database_refs
from vzctl.usecases.manual import steps_for
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.secret_version import drop_held, may_be_held
from vzctl.usecases.views import DatabaseRef, DependantRef, dependant_line, dependant_refs

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
    dependants: tuple[DependantRef, ...]
    databases: tuple[DatabaseRef, ...]
    revocation: str | None


def remove_credential(context: Context, request: RemoveCredential) -> Outcome[Removal | None]:
    """Remove the credential after the question that its blast radius deserves."""
    context.require_writable()
    state = context.state_file.read()
    if state.credential(request.name) is None and request.if_missing == "skip":
        return Outcome(data=None, summary=(f'there is no credential "{request.name}"',))
    credential = require_credential(state, request.name)
    require_no_rotation(state, credential)
    index = Index(state)
    dependants = index.dependants_of_credential[credential.name]
    if request.dry_run:
        return Outcome(
            data=_removal(index, credential, removed=False, revocation=None),
            summary=_blast_radius(index, credential, "would remove"),
            warnings=(Notice("CACHED_KEYS", CACHE_NOTE, credential.name),) if dependants else (),
        )
    takes_effect = state.is_local or credential.evidence is Evidence.WANTED
    drops_bytes = takes_effect and not request.keep_secret and bool(may_be_held(credential))
    if drops_bytes:
        context.store().probe()
    context.confirm(
        Question(
            f'Remove the credential "{credential.name}"?',
            credential.name,
            Danger.SEVERE if dependants else Danger.MODERATE,
            _blast_radius(index, credential, "removes"),
        )
    )
    asked_about = {item.key for item in dependants}
    with context.state_file.transaction() as transaction:
        now_affected = {item.key for item in transaction.state.dependants_of(credential.name)}
        if not now_affected <= asked_about:
            raise ConflictError(
                f'"{credential.name}" got new dependants while you were asked; look again',
                code="CHANGED_MEANWHILE",
                next_steps=(NextStep(f"vzctl credentials remove {credential.name} --dry-run", "what it stops now"),),
            )
        current = require_credential(transaction.state, credential.name)
        require_no_rotation(transaction.state, current)
        transaction.state, revocation_id = (
            retired(transaction.state, current, context.now(), context.new_id)
            if takes_effect
            else (transaction.state.with_credential(replace(current, removal_wanted_at=context.now())), None)
        )
        transaction.describe(
            f'remove "{credential.name}" with {counted(len(dependants), "dependant")}', subjects=(credential.name,)
        )
    if drops_bytes:
        drop_held(context, credential.id, [item.id for item in credential.versions])
    return _outcome(transaction.state, Index(state), credential, revocation_id)


def retired(state: State, credential: Credential, now: datetime, new_id: Callable[[], str]) -> tuple[State, str | None]:
    """Return the state without the credential: a tombstone stays, and its key has to be revoked at the provider."""
    held = may_be_held(credential)
    versions = tuple(replace(item, held=item.id in held) for item in credential.versions)
    tombstone = RetiredCredential(
        id=credential.id, name=credential.name, provider=credential.provider, removed_at=now, versions=versions
    )
    state = state.without_credential(credential.id).with_retired(tombstone)
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
        (NextStep(f"vzctl revocations done {revocation_id}", "once its key is revoked at the provider"),)
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
    dependants = index.dependants_of_credential[credential.name]
    return Removal(
        name=credential.name,
        provider=credential.provider,
        removed=removed,
        dependants=dependant_refs(index, dependants),
        databases=database_refs(index, [entry.database for entry in credential.scope]),
        revocation=revocation,
    )


def _blast_radius(index: Index, credential: Credential, verb: str) -> tuple[str, ...]:
    dependants = index.dependants_of_credential[credential.name]
    scope = counted(len(credential.scope), "database")
    if not dependants:
        return (f'{verb} "{credential.name}" ({scope} in scope); nothing depends on it',)
    lines = [
        f'{verb} "{credential.name}" ({scope} in scope); {counted(len(dependants), "dependant")} would lose $vectorize:'
    ]
    lines += [f"  {dependant_line(index, item)}" for item in dependants]
    return tuple(lines)
