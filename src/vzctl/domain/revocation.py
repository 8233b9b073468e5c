"""Keys that are out of use here and still have to be revoked at their provider (rule 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from vzctl.domain.records import Revocation
from vzctl.domain.state import State

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


def is_revoked(state: State, version_id: str | None) -> bool:
    """Whether a person said that this key is revoked at its provider."""
    return any(item.version == version_id and item.done_at is not None for item in state.revocations)


def revoked_versions(state: State) -> frozenset[str]:
    """Return every key that `is_revoked` is true of, for those who ask about many."""
    return frozenset(item.version for item in state.revocations if item.done_at is not None)


def is_leaked(state: State, version_id: str | None) -> bool:
    """Whether this key is on the list because others know it."""
    return any(item.version == version_id and item.reason == REASON_LEAKED for item in state.revocations)
