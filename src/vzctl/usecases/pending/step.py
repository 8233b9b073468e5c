"""What the commands for manual steps share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vzctl.command import suggest
from vzctl.domain.rotation.manual_steps import PendingStep, find_pending, pending_steps
from vzctl.domain.rules import counted, require_no_rotation
from vzctl.domain.state.index import Index
from vzctl.domain.state.state import State
from vzctl.errors import UsageError
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.views import PendingRow, pending_row


@dataclass(frozen=True, slots=True)
class PendingChange:
    """Steps that were confirmed or dropped, and those that are left."""

    steps: tuple[PendingRow, ...]
    pending: tuple[PendingRow, ...]


@dataclass(frozen=True, slots=True)
class ChangePending:
    """Confirm or drop steps by id, or all of them. `check` looks whether they are in force before they are confirmed."""

    ids: Sequence[str] = ()
    all_steps: bool = False
    dry_run: bool = False
    check: bool = False
    wake: bool = False


def chosen_steps(state: State, request: ChangePending) -> list[PendingStep]:
    if request.all_steps == bool(request.ids) or any(not item.strip() for item in request.ids):
        raise UsageError(
            "name the steps, or give --all; an empty text is none: is a shell variable unset?",
            code="USAGE",
            next_steps=(suggest("pending list", comment="what still has to be done"),),
        )
    if request.all_steps:
        return pending_steps(state)
    wanted = {find_pending(state, item).id for item in request.ids}
    return [step for step in pending_steps(state) if step.id in wanted]


def pending_rows(state: State) -> tuple[PendingRow, ...]:
    index = Index(state)
    return tuple(pending_row(index, item) for item in pending_steps(state))


def pending_change(
    context: Context, rows: tuple[PendingRow, ...], verb: str, why: str, *, attested: str = ""
) -> Outcome[PendingChange]:
    left = pending_rows(context.state_store.read())
    if not rows and not left:
        return Outcome(data=PendingChange((), ()), summary=("no manual step is pending",))
    steps = (suggest("pending list", comment=f"{len(left)} left"),) if left else ()
    warnings = (Notice("ATTESTED_ONLY", f"recorded as attested: {attested}", None),) if attested else ()
    return Outcome(
        data=PendingChange(rows, left),
        changed=bool(rows),
        summary=(f"{verb} {counted(len(rows), 'step')}: {why}",),
        warnings=warnings,
        next_steps=steps,
    )


def as_requested(state: State, chosen: Sequence[PendingStep]) -> list[tuple[str, datetime] | None]:
    """Return when each step was requested: a step that was canceled and requested again is another one."""
    requested = {item.id: (item.id, item.wanted_at) for item in pending_steps(state)}
    return [requested.get(item.id) for item in chosen]


def require_no_rotation_of(state: State, step: PendingStep) -> None:
    credential = state.credential(step.credential) if step.credential is not None else None
    if credential is not None:
        require_no_rotation(state, credential)


def subjects_of(chosen: Sequence[PendingStep]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step.credential if step.credential is not None else step.provider for step in chosen))
