"""Keys that are out of use here and still have to be revoked at their provider (rule 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from vzctl.domain.state.records import Revocation
from vzctl.domain.state.state import State

REASON_ROTATED: Final = "rotated"
REASON_LEAKED: Final = "leaked"
REASON_ROLLED_BACK: Final = "rolled back"
REASON_REMOVED: Final = "removed"
REASON_RESTORED: Final = "replaced by a restore"


def to_revoke(
    state: State, credential_id: str, version_id: str, reason: str, now: datetime, new_id: Callable[[], str]
) -> tuple[State, str]:
    """Return the state with the key on the list, and the entry's id; a key that is or was on it gets no second entry.

    That a key leaked is never forgotten for a milder reason.
    """
    for item in state.revocations:
        if item.credential == credential_id and item.version == version_id:
            if reason == REASON_LEAKED and item.done_at is None:
                state = state.with_revocation(replace(item, reason=REASON_LEAKED))
            return state, item.id
    made = Revocation(id=new_id(), credential=credential_id, version=version_id, reason=reason, due_since=now)
    return state.with_revocation(made), made.id


def done(state: State, revocation_id: str, now: datetime) -> State:
    """Return the state in which a person said that this key is revoked; the first time stays."""
    return replace(
        state,
        revocations=tuple(
            replace(item, done_at=item.done_at or now) if item.id == revocation_id else item
            for item in state.revocations
        ),
    )


def in_force_again(state: State, *version_ids: str | None) -> State:
    """Return the state in which those keys are not on the list; that one was revoked, if it was, stays on record."""
    in_force = frozenset(version_ids)
    kept = tuple(item for item in state.revocations if item.version not in in_force or item.done_at is not None)
    return state if len(kept) == len(state.revocations) else replace(state, revocations=kept)


def is_marked_revoked(state: State, version_id: str | None) -> bool:
    """Whether a user said that the key of this version is revoked; another version with the same key does not count."""
    return any(item.version == version_id and item.done_at is not None for item in state.revocations)


def is_revoked(state: State, version_id: str | None) -> bool:
    """Whether the key of this version is revoked at its provider, whichever credential it was revoked for."""
    return version_id is not None and _is_same_key(state, version_id, _marked_revoked(state))


def revoked_versions(state: State) -> frozenset[str]:
    """Return every version that `is_revoked` is true of, for those who ask about many."""
    marked = _marked_revoked(state)
    if not marked:
        return marked
    keys = {item.fingerprint for _, item in state.versions() if item.id in marked and item.fingerprint is not None}
    return marked | {item.id for _, item in state.versions() if item.fingerprint in keys}


def is_leaked(state: State, version_id: str | None) -> bool:
    """Whether the key of this version is compromised, whichever credential's key it was when others came to know it."""
    compromised = frozenset(item.version for item in state.revocations if item.reason == REASON_LEAKED)
    return version_id is not None and _is_same_key(state, version_id, compromised)


def is_spoiled(state: State, version_id: str | None) -> bool:
    """Whether the key of this version must not come into use: it is revoked at its provider, or compromised."""
    return is_revoked(state, version_id) or is_leaked(state, version_id)


def _marked_revoked(state: State) -> frozenset[str]:
    return frozenset(item.version for item in state.revocations if item.done_at is not None)


def _is_same_key(state: State, version_id: str, others: frozenset[str]) -> bool:
    """Whether the version is one of the others, or has the key of one: the fingerprints tell, where they are recorded."""
    if version_id in others or not others:
        return version_id in others
    key = next((item.fingerprint for _, item in state.versions() if item.id == version_id), None)
    return key is not None and any(item.fingerprint == key and item.id in others for _, item in state.versions())
