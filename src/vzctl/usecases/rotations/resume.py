"""`vzctl rotations resume`: continue an open rotation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vzctl.command import suggest
from vzctl.domain.rotation import machine
from vzctl.errors import ConflictError, UsageError
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotations.find import latest, require_host
from vzctl.usecases.rotations.runner import (
    RunOptions,
    left_open,
    run_rotation,
    write_step,
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
        taken = replace(rotation, host=context.host)
        details = f'took over the rotation of "{rotation.snapshot.name}" from {rotation.host}'
        write_step(context, state, rotation, lambda current: current.with_rotation(taken), details)
        rotation = taken
    return run_rotation(context, rotation, request)
