"""How a change ends on the `astra` plane: recorded as wanted, with the person's next steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from vzctl.command import NextStep, suggest
from vzctl.domain.rotation.manual_steps import pending_steps
from vzctl.domain.state.records import Evidence
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus

SHOWN_STEPS = 5


def wanted(state: State, now: datetime) -> dict[str, Any]:
    """Return the evidence fields of a new fact: none on `local`, `wanted` since now on `astra`."""
    return {} if state.is_local else {"evidence": Evidence.WANTED, "evidence_at": now}


def steps_for(state: State, concerns: Callable[[str, str | None], bool]) -> tuple[NextStep, ...]:
    """Return `pending confirm` commands for the pending steps that concern (provider, credential), a few at most."""
    steps = [step for step in pending_steps(state) if concerns(step.provider, step.credential)]
    shown = [suggest("pending confirm", step.id, comment=f"after you did this: {step.portal.title}") for step in steps]
    if len(shown) > SHOWN_STEPS:
        shown = [*shown[:SHOWN_STEPS], suggest("pending list", comment=f"{len(shown) - SHOWN_STEPS} more")]
    return tuple(shown)


def status_for(state: State) -> ExitStatus:
    """Return `MANUAL` on `astra`, where a person has to act next, and `OK` on `local`."""
    return ExitStatus.OK if state.is_local else ExitStatus.MANUAL
