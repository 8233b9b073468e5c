"""The rotation of one credential: which step follows which, who does it, and what the last one changes.

On the `local` plane this file is the authority, so everything after the test is one change:

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
from enum import StrEnum
from typing import Any, Final

from vzctl.command import suggest
from vzctl.domain.state import revocation
from vzctl.domain.state.deletion import with_deletions
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import (
    Credential,
    Dependent,
    Direction,
    Evidence,
    Rotation,
    ScopeEntry,
    Snapshot,
    Step,
    StepTime,
)
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, UsageError

UNRECORDED_GROUP_SIZE: Final = 10
"""What every version of vzctl used that did not record `Rotation.group_size`. It never changes."""

PERSON_STEPS: Final = (Step.REVOKED, Step.REMOVED, Step.RECREATED, Step.SCOPED)
"""Steps that a person does and attests; every other step is vzctl's own."""


@dataclass(frozen=True, slots=True)
class SameKey:
    """Another credential that holds the key which is being rotated away."""

    name: str
    provider: str


def snapshot_of(state: State, credential: Credential) -> Snapshot:
    """Return what there is before the rotation: the whole scope, the part of it that dependants need, and the dependents."""
    dependents = list(state.dependents_of(credential.name))
    needed = {item.database for item in dependents}
    databases = active_databases(credential)
    return Snapshot(
        name=credential.name,
        provider=credential.provider,
        databases=databases,
        needed_databases=tuple(item for item in databases if item in needed),
        dependents=tuple(sorted("/".join(item.key) for item in dependents)),
        key_set_at=credential.key_set_at,
        slot=credential.slot,
    )


def active_databases(credential: Credential) -> tuple[str, ...]:
    """Return the ids of the databases that may use the credential, without those whose removal was requested."""
    return tuple(entry.database for entry in credential.scope if entry.removal_wanted_at is None)


@dataclass(frozen=True, slots=True)
class RollbackChanges:
    """What has changed since the rotation began. A rollback leaves all of it as it is now.

    `is_complete` is False when an older version of vzctl began the rotation: it did not record the dependents of then.
    """

    scope_added: tuple[str, ...]
    scope_removed: tuple[str, ...]
    dependents_added: tuple[str, ...]
    dependents_removed: tuple[str, ...]
    is_complete: bool


def changes_since(state: State, rotation: Rotation) -> RollbackChanges | None:
    """Return the names of databases and the addresses of dependents that changed; None when the credential is gone."""
    credential = state.credential_by_id(rotation.credential)
    if credential is None:
        return None
    index, snapshot, databases = Index(state), rotation.snapshot, active_databases(credential)
    dependents = {"/".join(item.key): item for item in state.dependents_of(credential.name)}
    is_complete = bool(rotation.times)

    def is_new(key: str, item: Dependent) -> bool:
        if is_complete:
            return key not in snapshot.dependents
        return item.recorded_at is not None and item.recorded_at > rotation.started_at

    def address(key: str) -> str:
        database, _, rest = key.partition("/")
        return f"{index.database_name(database)}/{rest}"

    return RollbackChanges(
        scope_added=tuple(index.database_name(item) for item in databases if item not in snapshot.databases),
        scope_removed=tuple(index.database_name(item) for item in snapshot.databases if item not in databases),
        dependents_added=tuple(address(key) for key in sorted(dependents) if is_new(key, dependents[key])),
        dependents_removed=tuple(address(key) for key in snapshot.dependents if key not in dependents),
        is_complete=is_complete,
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
    has_scope = bool(rotation.databases or rotation.scoped)
    portal = () if is_local else (Step.REMOVED, Step.RECREATED, *((Step.SCOPED,) if has_scope else ()))
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


def databases_to_scope(rotation: Rotation) -> tuple[str, ...]:
    """Return the ids that still have to be put back into the scope, in the order of the scope."""
    done = set(rotation.scoped)
    return tuple(item for item in rotation.databases if item not in done)


def next_group(rotation: Rotation) -> tuple[str, ...]:
    """Return the databases of the next manual step, as the user was shown them, whatever version of vzctl attests the step."""
    return databases_to_scope(rotation)[: rotation.group_size or UNRECORDED_GROUP_SIZE]


def attested(rotation: Rotation, step: Step, at: datetime, *, is_local: bool) -> Rotation:
    """Return the rotation after the user said that `step` is done; raise `ConflictError` when another step is next."""
    expected = next_step(rotation, is_local=is_local)
    if step is not expected:
        wanted = f'"{expected.lower()}" is next' if expected in PERSON_STEPS else "no step of a person is next"
        raise ConflictError(
            f'"{step.lower()}" cannot be attested now: the rotation is at {rotation.step} and {wanted}',
            code="ROTATION_STEP_OUT_OF_ORDER",
            next_steps=(suggest("rotations show", rotation.snapshot.name, comment="where it stands"),),
        )
    rotation = arrived(rotation, step, at)
    if step is Step.SCOPED:
        return replace(rotation, scoped=(*rotation.scoped, *next_group(rotation)))
    if step is Step.REMOVED:
        return replace(rotation, scoped=())
    used = rotation.new_key_used or (step is Step.RECREATED and rotation.direction is Direction.FORWARD)
    return replace(rotation, new_key_used=used)


def arrived(rotation: Rotation, step: Step, at: datetime) -> Rotation:
    """Return the rotation at `step`, with the time on record."""
    return replace(rotation, step=step, times=(*rotation.times, StepTime(step=step, done_at=at)))


def verified(rotation: Rotation, words: tuple[str, ...], at: datetime) -> Rotation:
    """Return the rotation whose last manual step was verified: `words` is what was seen, as in `Rotation.seen`."""
    times = rotation.times
    if times and times[-1].step is rotation.step:
        times = (*times[:-1], replace(times[-1], verified_at=at))
    return replace(rotation, seen=(*rotation.seen, *words), times=times)


def require_attestable(rotation: Rotation, steps: Iterable[Step], *, is_local: bool) -> None:
    """Raise `ConflictError` before anything changes when a person attests what will not be next in the walk."""
    for step in steps:
        while (expected := next_step(rotation, is_local=is_local)) is not None and expected not in PERSON_STEPS:
            rotation = replace(rotation, step=expected)
        rotation = attested(rotation, step, rotation.started_at, is_local=is_local)


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


class Reversible(StrEnum):
    """Whether a rotation can be rolled back, and with what."""

    YES = "yes"
    WITH_PREVIOUS_KEY = "with the stored previous key"
    NO = "no"


def reversible(state: State, rotation: Rotation) -> Reversible:
    """Return whether `rotations rollback` can begin now: `yes` while the credential still has its old key in force."""
    if rotation.direction is Direction.BACK or rotation.step is Step.DROPPING:
        return Reversible.NO
    try:
        require_reversible(state, rotation)
    except (ConflictError, NotFoundError):
        return Reversible.NO
    return Reversible.WITH_PREVIOUS_KEY if _changes_key(rotation) else Reversible.YES


def _changes_key(rotation: Rotation) -> bool:
    """Whether a rollback puts the old key into force again: until then it is the one in force anyway."""
    return rotation.step in (Step.REMOVED, Step.RECREATED, Step.SCOPED, Step.DONE, Step.REVOKED)


def require_reversible(state: State, rotation: Rotation) -> Credential:
    """Return the credential whose rotation can be rolled back, or raise `ConflictError` or `NotFoundError`."""
    name = rotation.snapshot.name
    credential = state.credential_by_id(rotation.credential)
    if credential is None:
        raise NotFoundError(
            f'the credential "{name}" of this rotation was removed',
            code="CREDENTIAL_NOT_FOUND",
            next_steps=(suggest("credentials list", comment="the credentials that exist"),),
        )
    if rotation.step is Step.ROLLED_BACK:
        raise ConflictError(f'the last rotation of "{name}" was taken back already', code="ROTATION_NOT_OPEN")
    if rotation.step is Step.DONE and credential.current != rotation.new_version:
        raise ConflictError(f'"{name}" was changed after this rotation', code="ROLLBACK_IMPOSSIBLE")
    if rotation.step is Step.DONE and state.open_rotation(credential.id) is not None:
        raise ConflictError(f'a later rotation of "{name}" is open', code="ROTATION_OPEN")
    if not _changes_key(rotation):
        return credential
    if rotation.direction is Direction.BACK:
        return credential  # a rollback that has begun is finished: nothing else would end it
    if rotation.leaked or revocation.is_leaked(state, rotation.old_version):
        raise ConflictError(
            f'the rotation of "{name}" cannot be taken back: the old key is known to others',
            code="ROLLBACK_IMPOSSIBLE",
            next_steps=(suggest("rotations show", name, comment="where it stands"),),
        )
    old = credential.version(rotation.old_version)
    if revocation.is_revoked(state, rotation.old_version):
        reason = "the old key is revoked at its provider"
    elif old is None or not old.held:
        reason = "the old key is not held here"
    else:
        return credential
    raise ConflictError(
        f'the rotation of "{name}" cannot be taken back: {reason}',
        code="ROLLBACK_IMPOSSIBLE",
        next_steps=(suggest("credentials rotate", name, comment="give it another new key instead"),),
    )


def turned_back(rotation: Rotation, credential: Credential, at: datetime) -> Rotation:
    """Return the rotation on its way back: nothing was removed yet, or the Portal's steps begin anew with the old key.

    Only the key goes back. The scope to end with is the credential's scope as it is now.
    """
    if rotation.direction is Direction.BACK or rotation.step is Step.DROPPING:
        return rotation
    back = replace(rotation, direction=Direction.BACK, databases=active_databases(credential))
    if rotation.step is Step.REMOVED:
        return replace(back, scoped=())
    if rotation.step in (Step.RECREATED, Step.SCOPED, Step.DONE):
        return replace(arrived(back, Step.TESTED, at), seen=(), finished_at=None)
    return arrived(rotation, Step.DROPPING, at)


def finish_forward(state: State, rotation: Rotation, now: datetime, new_id: Callable[[], str]) -> State:
    """Return the state after the last step forward.

    One change, so that nobody ever sees the credential absent or half scoped: removed, recreated under the same name,
    scope kept, `pending` → `current` → `previous`, the old key on the revocations list.
    """
    credential = owner_of(state, rotation)
    old = rotation.old_version
    state = state.with_credential(
        replace(
            credential,
            current=rotation.new_version,
            pending=None,
            previous=credential.previous if old is None else (*credential.previous, old),
            key_set_at=now,
            slot=rotation.new_slot or credential.slot,
            scope=scope_afterwards(state, credential, rotation, now),
            **_evidence(state, now, is_seen=bool(seen_in_scope(rotation))),
        )
    )
    state = revocation.in_force_again(state, rotation.new_version)
    if old is not None:
        reason = revocation.REASON_LEAKED if rotation.leaked else revocation.REASON_ROTATED
        state, listed = revocation.to_revoke(state, credential.id, old, reason, now, new_id)
        if rotation.revoke_first:
            state = revocation.done(state, listed, now)
    rotation = arrived(rotation, Step.DONE, now)
    return state.with_rotation(replace(rotation, new_key_used=True, finished_at=now))


def finish_back(state: State, rotation: Rotation, now: datetime, new_id: Callable[[], str]) -> State:
    """Return the state after the last step back: the old key current, its age and slot restored, the new one out of service.

    Nothing but the key goes back: name, note, scope, and dependents are what they are now. A new key that was never in
    service is deleted from the store; one that was goes onto the revocations list.
    """
    credential = owner_of(state, rotation)
    was_changed = rotation.direction is Direction.BACK
    credential = replace(
        credential,
        current=rotation.old_version,
        pending=None,
        previous=tuple(item for item in credential.previous if item != rotation.old_version),
        key_set_at=rotation.snapshot.key_set_at,
        slot=rotation.snapshot.slot,
        scope=scope_afterwards(state, credential, rotation, now) if was_changed else credential.scope,
        **(_evidence(state, now, is_seen=bool(seen_in_scope(rotation))) if was_changed else {}),
    )
    state = revocation.in_force_again(state.with_credential(credential), rotation.old_version)
    state = state.with_rotation(replace(arrived(rotation, Step.ROLLED_BACK, now), finished_at=now))
    if not rotation.new_key_used:
        return with_deletions(state, credential.id, [rotation.new_version], now)
    reason = revocation.REASON_ROLLED_BACK
    state, _ = revocation.to_revoke(state, credential.id, rotation.new_version, reason, now, new_id)
    return state


def scope_afterwards(state: State, credential: Credential, rotation: Rotation, now: datetime) -> tuple[ScopeEntry, ...]:
    """Return the scope to end with: the one of now, without what `--minimum-scope` leaves out.

    A database that got a dependent since the plan was made is not left out: a merge, or a sync, may have added it.
    On `astra` the credential was removed and recreated, so it has the databases that were put back, and no others: an
    entry that was not put back is requested again, and a removal that was requested is done.
    """
    is_back = rotation.direction is Direction.BACK
    dropped: frozenset[str] = (
        frozenset()
        if is_back
        else frozenset(rotation.snapshot.databases)
        - frozenset(rotation.databases)
        - frozenset(item.database for item in state.dependents_of(credential.name))
    )
    kept = tuple(entry for entry in credential.scope if entry.database not in dropped)
    if state.is_local:
        return kept
    known = {database.id for database in state.databases}
    put_back = [item for item in dict.fromkeys((*rotation.databases, *rotation.scoped)) if item in known]
    there = {entry.database for entry in kept}
    missing = (ScopeEntry(database=item, added_at=now) for item in put_back if item not in there)
    seen = seen_in_scope(rotation)
    requested = {"evidence": Evidence.WANTED, "evidence_at": now}
    return tuple(
        replace(
            entry,
            refused_at=None,
            removal_wanted_at=None,
            **(_evidence(state, now, is_seen=entry.database in seen) if entry.database in put_back else requested),
        )
        for entry in (*kept, *missing)
        if entry.database in put_back or entry.removal_wanted_at is None
    )


def seen_in_scope(rotation: Rotation) -> frozenset[str]:
    """Return the ids of the databases in which the recreated credential was seen to be usable."""
    return frozenset(rotation.seen).intersection(rotation.scoped)


def _evidence(state: State, now: datetime, *, is_seen: bool) -> dict[str, Any]:
    if state.is_local:
        return {}
    return {"evidence": Evidence.OBSERVED if is_seen else Evidence.ATTESTED, "evidence_at": now}


def owner_of(state: State, rotation: Rotation) -> Credential:
    """Return the credential of an open rotation."""
    credential = state.credential_by_id(rotation.credential)
    assert credential is not None, "an open rotation's credential is in the state: integrity.breakages checks it"
    return credential
