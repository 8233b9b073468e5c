"""Whether and how long vzctl looks if a person's step is in force, and what it puts on record of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vzctl.domain.rotation import machine
from vzctl.domain.state.records import Rotation
from vzctl.domain.state.state import State
from vzctl.errors import UsageError
from vzctl.usecases.change import Plan, changed_meanwhile
from vzctl.usecases.context import Context
from vzctl.usecases.rotations.view import StepVerification

DEFAULT_WAIT_SECONDS: Final = 120.0
LONGEST_WAIT_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class VerificationPolicy:
    """Whether vzctl looks at a person's step before it offers the next, and how many seconds it waits to see it."""

    is_wanted: bool = True
    wait_seconds: float = DEFAULT_WAIT_SECONDS

    def require_possible(self) -> None:
        """Raise `UsageError` for a time that is none."""
        if not 0 <= self.wait_seconds <= LONGEST_WAIT_SECONDS:
            raise UsageError("--wait takes seconds from 0, at most a day", code="USAGE")


def look_at_step(
    context: Context, state: State, rotation: Rotation, verification: VerificationPolicy
) -> tuple[StepVerification, Rotation]:
    """Look at what a person attested last, tell what was seen, and record it; return the look, and the rotation after it.

    Raise `ConflictError` when another process went on with the rotation meanwhile.
    """
    from vzctl.usecases.rotations.portal_watch import watch_step

    watched = watch_step(context, state, rotation, verification.wait_seconds)
    found = f"{watched.look.step}: {watched.look.result}"
    context.tell(f"{found}: {watched.look.detail}")
    if not watched.seen:
        return watched.look, rotation
    name, now = rotation.snapshot.name, context.now()
    after = machine.verified(rotation, watched.seen, now)

    def plan(current: State) -> Plan[None]:
        if rotation not in current.rotations:
            raise changed_meanwhile(name)
        return Plan(
            state=current.with_rotation(after),
            data=None,
            details=(f'"{name}": {found}: {watched.recorded}',),
            subjects=(name,),
        )

    context.state_store.update(plan)
    return watched.look, after
