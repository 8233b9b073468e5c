"""`vzctl rotations show`."""

from __future__ import annotations

from dataclasses import replace

from vzctl.command import NextStep, suggest
from vzctl.domain.rotation import machine
from vzctl.domain.state.records import Step
from vzctl.usecases.context import Context
from vzctl.usecases.keys.exposure import exposure_lines, exposure_of_rotation, freshness_steps
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotations.find import latest
from vzctl.usecases.rotations.view import (
    RotationDetail,
    outage_lines,
    rotation_detail,
)


def show_rotation(context: Context, name: str) -> Outcome[RotationDetail]:
    """Return the credential's open rotation, or its last one; a rotation's id is accepted too."""
    state = context.state_store.read()
    rotation = latest(state, name)
    exposure = exposure_of_rotation(context, state, rotation)
    detail = replace(rotation_detail(state, rotation), fetches=exposure.rows, old_key_free_from=exposure.free_from)
    steps: list[NextStep] = [*freshness_steps(exposure)]
    if rotation.is_open:
        attest = detail.next_step.lower() if detail.next_is_manual and detail.next_step else None
        steps.append(suggest("rotations resume", rotation.snapshot.name, attest=attest, comment="go on"))
        if rotation.step is not Step.RECREATED and machine.to_be_seen(rotation):
            text = f"nobody has seen {rotation.step} in force: look"
            steps.append(suggest("rotations resume", rotation.snapshot.name, comment=text))
        if machine.reversible(state, rotation) is not machine.Reversible.NO:
            steps.append(suggest("rotations rollback", rotation.snapshot.name, comment="take it back"))
    elif machine.reversible(state, rotation) is not machine.Reversible.NO:
        detail = replace(detail, changes=machine.changes_since(state, rotation))
    summary = (*outage_lines(state, rotation), *exposure_lines(exposure, context.now()))
    return Outcome(data=detail, summary=summary, next_steps=tuple(steps))
