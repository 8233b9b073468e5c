"""`vzctl rotations resume`: continue an open rotation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vzctl.command import suggest
from vzctl.domain.rotation import machine
from vzctl.domain.state.records import Rotation
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.usecases.change import Plan
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotations.find import latest, require_host
from vzctl.usecases.rotations.runner import (
    RunOptions,
    left_open,
    moved_on,
    run_rotation,
    step_basis,
)
from vzctl.usecases.rotations.show import show_rotation
from vzctl.usecases.rotations.view import (
    RotationDetail,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRotation(RunOptions):
    """Go on with an open rotation, as far as `until`. `source` is the secret again, read when the store does not hold it."""

    name: str
    take_over: bool = False
    dry_run: bool = False


def resume_rotation(context: Context, request: ResumeRotation) -> Outcome[RotationDetail]:
    """Go on from wherever the rotation stands; running it twice is harmless."""
    context.require_writable()
    request.verification.require_possible()
    state = context.state_store.read()
    rotation = latest(state, request.name)
    if not rotation.is_open:
        raise ConflictError(
            f'no rotation of "{rotation.snapshot.name}" is open; the last one ended as {rotation.step}',
            code="ROTATION_NOT_OPEN",
            next_steps=(suggest("credentials rotate", rotation.snapshot.name, comment="begin a new one"),),
        )
    try:
        require_host(context.host, rotation, "resume", take_over=request.take_over)
        machine.require_attestable(rotation, request.attests, is_local=state.is_local)
        if request.until is not None:
            machine.require_on_route(rotation, request.until, is_local=state.is_local)
    except (ConflictError, UsageError) as error:
        raise left_open(context, rotation.id, error) from error
    if request.dry_run:
        return show_rotation(context, request.name)
    if request.take_over and rotation.host != context.host:
        rotation = _take_over(context, state, rotation)
    return run_rotation(context, rotation, request)


def _take_over(context: Context, state: State, rotation: Rotation) -> Rotation:
    """Record this host as the one that goes on with the rotation, and return the rotation."""
    taken = replace(rotation, host=context.host)
    basis, name = step_basis(state, rotation.id), rotation.snapshot.name

    def plan(current: State) -> Plan[None]:
        if step_basis(current, rotation.id) != basis:
            raise moved_on(rotation)
        return Plan(
            state=current.with_rotation(taken),
            data=None,
            details=(f'took over the rotation of "{name}" from {rotation.host}',),
            subjects=(name,),
        )

    context.state_store.update(plan)
    return taken
