"""Which rotation a command means, and whether this host may continue it."""

from __future__ import annotations

from vzctl.command import suggest
from vzctl.domain.state.names import did_you_mean
from vzctl.domain.state.records import Rotation
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError


def latest(state: State, name: str) -> Rotation:
    by_id = next((item for item in state.rotations if item.id == name), None)
    if by_id is not None:
        return by_id
    of_name = [item for item in state.rotations if item.snapshot.name == name]
    if of_name:
        return next((item for item in of_name if item.is_open), of_name[-1])
    if state.credential(name) is not None:
        raise NotFoundError(
            f'"{name}" was never rotated',
            code="ROTATION_NOT_FOUND",
            next_steps=(suggest("credentials rotate", name, comment="begin a rotation"),),
        )
    known = {item.snapshot.name for item in state.rotations}
    shown = f'"{name}"' if name.isprintable() else ascii(name)
    raise NotFoundError(
        f"there is no rotation of {shown}{did_you_mean(name, known)}",
        code="ROTATION_NOT_FOUND",
        next_steps=(suggest("rotations list", comment="the rotations there are"),),
    )


def require_host(host: str, rotation: Rotation, verb: str, *, take_over: bool) -> None:
    if rotation.is_open and rotation.host != host and not take_over:
        raise ConflictError(
            f'the rotation of "{rotation.snapshot.name}" was begun on "{rotation.host}", this is "{host}"',
            code="ROTATION_ON_OTHER_HOST",
            next_steps=(
                suggest(
                    f"rotations {verb}",
                    rotation.snapshot.name,
                    take_over=True,
                    comment="if nobody goes on with it there",
                ),
            ),
        )
