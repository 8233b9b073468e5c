"""`vzctl rotations list`."""

from __future__ import annotations

from vzctl.command import suggest
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotations.view import (
    RotationList,
    outage_text,
    outage_view,
    rotation_row,
)


def list_rotations(context: Context, *, only_open: bool = False) -> Outcome[RotationList]:
    """Return rotations, oldest first."""
    state = context.state_store.read()
    chosen = [item for item in state.rotations if item.is_open or not only_open]
    steps = tuple(
        suggest("rotations resume", item.snapshot.name, comment=f"it stands at {item.step}")
        for item in chosen
        if item.is_open
    )
    rows = tuple(rotation_row(state, item) for item in chosen)
    outages = tuple(
        f'OUTAGE "{item.snapshot.name}": {outage_text(outage)}'
        for item in chosen
        if (outage := outage_view(state, item)) is not None
    )
    return Outcome(data=RotationList(rows), summary=outages, next_steps=steps[:5])
