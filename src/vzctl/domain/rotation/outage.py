"""The time during a rotation in which vectorize is down: which databases, and since when.

It begins with a manual step (the credential is removed at the Portal, or with `--revoke-first` the old key is revoked at the
provider) and ends for each database when it is back in the scope of the recreated credential.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vzctl.domain.state.records import Dependent, Direction, Rotation, Step, StepTime
from vzctl.domain.state.state import State

_AT_PORTAL: Final = (Step.REMOVED, Step.RECREATED, Step.SCOPED)


@dataclass(frozen=True, slots=True)
class Outage:
    """What is down. `cause` is the step that began it; a row of an older version does not know `since`."""

    cause: Step
    databases: tuple[str, ...]
    dependents: tuple[Dependent, ...]
    since: datetime | None
    verified_at: datetime | None


def outage_of(state: State, rotation: Rotation) -> Outage | None:
    """Return the outage of an open rotation; None when nothing that depends on its credential is down."""
    if not _is_down(rotation, is_local=state.is_local):
        return None
    down = frozenset(rotation.databases) - frozenset(rotation.scoped)
    credential = state.credential_by_id(rotation.credential)
    name = credential.name if credential is not None else rotation.snapshot.name
    dependents = tuple(item for item in state.dependents_of(name) if item.database in down)
    if not dependents:
        return None
    began = _began(rotation)
    return Outage(
        cause=began.step if began is not None else Step.REMOVED,
        databases=tuple(dict.fromkeys(item.database for item in dependents)),
        dependents=dependents,
        since=began.done_at if began is not None else None,
        verified_at=began.verified_at if began is not None else None,
    )


def _is_down(rotation: Rotation, *, is_local: bool) -> bool:
    if not rotation.is_open:
        return False
    if rotation.step is Step.REVOKED:
        return True
    if is_local:
        return False
    # On the way back the credential of the way forward is at the Portal until it is removed again.
    is_partly_back = (
        rotation.direction is Direction.BACK and rotation.step is Step.TESTED and _began(rotation) is not None
    )
    return rotation.step in _AT_PORTAL or is_partly_back


def _began(rotation: Rotation) -> StepTime | None:
    """Return the step that began what is still going on: the first removal or revocation since the last end."""
    began: StepTime | None = None
    for item in rotation.times:
        if item.step in (Step.DONE, Step.ROLLED_BACK):
            began = None
        elif began is None and item.step in (Step.REVOKED, Step.REMOVED):
            began = item
    return began
