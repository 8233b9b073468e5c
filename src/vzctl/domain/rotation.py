"""The rotation of one credential: which step follows which, who does it, and what the last one changes.

On the `local` plane this file is the authority, so everything after the test is one transaction:

    STAGING ─ STAGED ─ TESTED ─ [REVOKED] ─ DONE

On the `astra` plane a person removes and recreates the credential in the Portal, and each step is attested:

    STAGING ─ STAGED ─ TESTED ─ [REVOKED] ─ REMOVED ─ RECREATED ─ SCOPED n/m ─ DONE

Going back before anything was removed is DROPPING ─ ROLLED_BACK. Going back later walks the same Portal steps with the
old secret: TESTED (the new one is still there) ─ REMOVED ─ RECREATED ─ SCOPED n/m ─ DROPPING ─ ROLLED_BACK.
`REVOKED` is walked only when the old key leaked and is to be revoked before anything else (`--revoke-first`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from vzctl.command import suggest
from vzctl.domain import revocation
from vzctl.domain.deletion import with_deletions
from vzctl.domain.records import (
    Credential,
    Direction,
    Evidence,
    Rotation,
    ScopeEntry,
    Snapshot,
    Step,
)
from vzctl.domain.state import State
from vzctl.errors import ConflictError, UsageError

PORTAL_GROUP_SIZE: Final = 10
"""Databases that the Portal's dialog takes at a time (Astra documentation of the provider pages)."""

PERSON_STEPS: Final = (Step.REVOKED, Step.REMOVED, Step.RECREATED, Step.SCOPED)
"""Steps that a person does and attests; every other step is vzctl's own."""


@dataclass(frozen=True, slots=True)
class SameKey:
    """Another credential that holds the key which is being rotated away."""

    name: str
    provider: str


def snapshot_of(state: State, credential: Credential) -> Snapshot:
    """Return what there is before the rotation: the whole scope, and the part of it that dependants need."""
    needed = {item.database for item in state.dependants_of(credential.name)}
    databases = tuple(entry.database for entry in credential.scope if entry.removal_wanted_at is None)
    return Snapshot(
        name=credential.name,
        provider=credential.provider,
        databases=databases,
        needed_databases=tuple(item for item in databases if item in needed),
        key_set_at=credential.key_set_at,
        slot=credential.slot,
    )


def same_key_elsewhere(state: State, credential: Credential) -> tuple[SameKey, ...]:
    """Return the other credentials whose current key has the same fingerprint."""
    current = credential.current_version
    if current is None or current.fingerprint is None:
        return ()
    found = []
    for other in state.credentials:
        version = other.current_version
        if other.id != credential.id and version is not None and version.fingerprint == current.fingerprint:
            found.append(SameKey(other.name, other.provider))
    return tuple(found)


def route(rotation: Rotation, *, is_local: bool) -> tuple[Step, ...]:
    """Return every step of the walk that the rotation is on, first to last."""
    portal = () if is_local else (Step.REMOVED, Step.RECREATED, *((Step.SCOPED,) if target_databases(rotation) else ()))
    if rotation.direction is Direction.BACK:
        return (Step.TESTED, *portal, Step.DROPPING, Step.ROLLED_BACK)
    revoked = (Step.REVOKED,) if rotation.revoke_first else ()
    return (Step.STAGING, Step.STAGED, Step.TESTED, *revoked, *portal, Step.DONE)


def next_step(rotation: Rotation, *, is_local: bool) -> Step | None:
    """Return the step to take now, or None when the rotation is finished. `SCOPED` stays next until every group is in."""
    if not rotation.is_open:
        return None
    if rotation.step is Step.DROPPING:
        return Step.ROLLED_BACK
    if rotation.step is Step.SCOPED and databases_to_scope(rotation):
        return Step.SCOPED
    steps = route(rotation, is_local=is_local)
    return steps[steps.index(rotation.step) + 1]


def target_databases(rotation: Rotation) -> tuple[str, ...]:
    """Return the scope to end with: what was asked for, or going back the whole scope of before."""
    return rotation.snapshot.databases if rotation.direction is Direction.BACK else rotation.databases


def databases_to_scope(rotation: Rotation) -> tuple[str, ...]:
    """Return the ids that still have to be put back into the scope, in the snapshot's order."""
    done = set(rotation.scoped)
    return tuple(item for item in target_databases(rotation) if item not in done)


def next_group(rotation: Rotation) -> tuple[str, ...]:
    """Return the databases of the next visit to the Portal's dialog, ten at most."""
    return databases_to_scope(rotation)[:PORTAL_GROUP_SIZE]


def attested(rotation: Rotation, step: Step, *, is_local: bool) -> Rotation:
    """Return the rotation after a person said that `step` is done; raise `ConflictError` when another step is next."""
    expected = next_step(rotation, is_local=is_local)
    if step is not expected:
        wanted = f'"{expected.lower()}" is next' if expected in PERSON_STEPS else "no step of a person is next"
        raise ConflictError(
            f'"{step.lower()}" cannot be attested now: the rotation is at {rotation.step} and {wanted}',
            code="ROTATION_STEP_OUT_OF_ORDER",
            next_steps=(suggest("rotations show", rotation.snapshot.name, comment="where it stands"),),
        )
    if step is Step.SCOPED:
        return replace(rotation, step=step, scoped=(*rotation.scoped, *next_group(rotation)))
    used = rotation.new_key_used or (step is Step.RECREATED and rotation.direction is Direction.FORWARD)
    return replace(rotation, step=step, new_key_used=used)


def require_attestable(rotation: Rotation, steps: Iterable[Step], *, is_local: bool) -> None:
    """Raise `ConflictError` before anything changes when a person attests what will not be next in the walk."""
    for step in steps:
        while (expected := next_step(rotation, is_local=is_local)) is not None and expected not in PERSON_STEPS:
            rotation = replace(rotation, step=expected)
        rotation = attested(rotation, step, is_local=is_local)


def target_version(rotation: Rotation) -> str | None:
    """Return the id of the version that the Portal is given next: the new one, or going back the old one."""
    return rotation.old_version if rotation.direction is Direction.BACK else rotation.new_version


def require_on_route(rotation: Rotation, step: Step, *, is_local: bool) -> None:
    """Raise `UsageError` unless the rotation's walk comes by `step`, before its end."""
    steps = [item for item in route(rotation, is_local=is_local)[1:] if item not in (Step.DONE, Step.ROLLED_BACK)]
    if step not in steps:
        raise UsageError(
            f"this rotation does not stop at {step.lower()}; choose {', '.join(item.lower() for item in steps)}",
            code="ROTATION_STEP_UNKNOWN",
        )


def has_reached(rotation: Rotation, step: Step, *, is_local: bool) -> bool:
    """Whether the rotation stands at `step` or behind it; at `SCOPED` when every database is in."""
    steps = route(rotation, is_local=is_local)
    if rotation.step not in steps or (rotation.step is Step.SCOPED is step and databases_to_scope(rotation)):
        return False
    return steps.index(rotation.step) >= steps.index(step)


def to_be_seen(rotation: Rotation) -> tuple[str, ...]:
    """Return what a person attested last and nobody has seen yet: a step's word, or the ids of databases back in scope."""
    if not rotation.is_open or rotation.step not in PERSON_STEPS:
        return ()
    attested_last = rotation.scoped if rotation.step is Step.SCOPED else (rotation.step.value,)
    return tuple(item for item in attested_last if item not in rotation.seen)


def turned_back(rotation: Rotation) -> Rotation:
    """Return the rotation on its way back: nothing was removed yet, or the walk begins anew with the old secret."""
    if rotation.direction is Direction.BACK or rotation.step is Step.DROPPING:
        return rotation
    if rotation.step is Step.REMOVED:
        return replace(rotation, direction=Direction.BACK, scoped=())
    if rotation.step in (Step.RECREATED, Step.SCOPED, Step.DONE):
        return replace(rotation, direction=Direction.BACK, step=Step.TESTED, scoped=(), seen=(), finished_at=None)
    return replace(rotation, step=Step.DROPPING)


def finish_forward(state: State, rotation: Rotation, now: datetime, new_id: Callable[[], str]) -> State:
    """Return the state after the last step forward.

    One change, so that nobody ever sees the credential absent or half scoped: removed, recreated under the same name,
    scope restored, `pending` → `current` → `previous`, the old key on the revocations list.
    """
    credential = _owner(state, rotation)
    old = rotation.old_version
    state = state.with_credential(
        replace(
            credential,
            current=rotation.new_version,
            pending=None,
            previous=credential.previous if old is None else (*credential.previous, old),
            key_set_at=now,
            slot=rotation.new_slot or credential.slot,
            scope=restored_scope(state, credential, rotation, now),
            **_evidence(state, now, is_seen=bool(seen_in_scope(rotation))),
        )
    )
    state = revocation.in_force_again(state, rotation.new_version)
    if old is not None:
        reason = revocation.REASON_LEAKED if rotation.leaked else revocation.REASON_ROTATED
        state, listed = revocation.to_revoke(state, credential.id, old, reason, now, new_id)
        if rotation.revoke_first:
            state = revocation.done(state, listed, now)
    return state.with_rotation(replace(rotation, step=Step.DONE, new_key_used=True, finished_at=now))


def finish_back(state: State, rotation: Rotation, now: datetime, new_id: Callable[[], str]) -> State:
    """Return the state after the last step back: the old key current, its age restored, the new one out of service.

    A new key that was never in service is to be deleted from the store; one that was goes onto the revocations list.
    """
    credential = _owner(state, rotation)
    was_changed = rotation.direction is Direction.BACK
    credential = replace(
        credential,
        current=rotation.old_version,
        pending=None,
        previous=tuple(item for item in credential.previous if item != rotation.old_version),
        key_set_at=rotation.snapshot.key_set_at,
        slot=rotation.snapshot.slot,
        scope=restored_scope(state, credential, rotation, now) if was_changed else credential.scope,
        **(_evidence(state, now, is_seen=bool(seen_in_scope(rotation))) if was_changed else {}),
    )
    state = revocation.in_force_again(state.with_credential(credential), rotation.old_version)
    state = state.with_rotation(replace(rotation, step=Step.ROLLED_BACK, finished_at=now))
    if not rotation.new_key_used:
        return with_deletions(state, credential.id, [rotation.new_version], now)
    reason = revocation.REASON_ROLLED_BACK
    state, _ = revocation.to_revoke(state, credential.id, rotation.new_version, reason, now, new_id)
    return state


def restored_scope(state: State, credential: Credential, rotation: Rotation, now: datetime) -> tuple[ScopeEntry, ...]:
    """Return the entries of the scope to end with; those that were there keep the time they were added."""
    entries = {entry.database: entry for entry in credential.scope}
    known = {database.id for database in state.databases}
    seen = seen_in_scope(rotation)
    return tuple(
        replace(
            entries.get(item) or ScopeEntry(database=item, added_at=now),
            refused_at=None,
            **_evidence(state, now, is_seen=item in seen),
        )
        for item in target_databases(rotation)
        if item in known
    )


def seen_in_scope(rotation: Rotation) -> frozenset[str]:
    """Return the ids of the databases in which the recreated credential was seen to be usable."""
    return frozenset(rotation.seen).intersection(rotation.scoped)


def _evidence(state: State, now: datetime, *, is_seen: bool) -> dict[str, Any]:
    if state.is_local:
        return {}
    return {"evidence": Evidence.OBSERVED if is_seen else Evidence.ATTESTED, "evidence_at": now}


def _owner(state: State, rotation: Rotation) -> Credential:
    credential = state.credential_by_id(rotation.credential)
    assert credential is not None, "an open rotation's credential is in the state: integrity.breakages checks it"
    return credential
