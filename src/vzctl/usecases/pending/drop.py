"""`vzctl pending drop`: withdraw manual steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from vzctl.domain.rotation.manual_steps import PendingStep, find_pending, opposite_requested
from vzctl.domain.rules import counted, require_integration_removable
from vzctl.domain.state.index import Index
from vzctl.domain.state.state import State
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.context import Context, Question
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.pending.step import (
    ChangePending,
    PendingChange,
    as_requested,
    chosen_steps,
    pending_change,
    pending_rows,
    require_no_rotation_of,
    subjects_of,
)
from vzctl.usecases.views import PendingRow, pending_row


def drop_pending(context: Context, request: ChangePending) -> Outcome[PendingChange]:
    """Cancel these steps. Each may have been done already, so its opposite becomes a manual step to check and confirm."""
    context.require_writable()
    state = context.state_store.read()
    chosen = chosen_steps(state, request)
    rows = tuple(pending_row(Index(state), item) for item in chosen)
    now = context.now()
    proposal = propose_from(context, state, lambda current: _dropping(current, chosen, rows, now))
    if request.dry_run:
        return Outcome(
            data=PendingChange(rows, pending_rows(state)), summary=(f"would drop {counted(len(rows), 'step')}",)
        )
    proposal.ask()
    proposal.commit()
    return pending_change(context, rows, "dropped", "check at the Portal that none of them was done, and confirm that")


def _require_droppable(state: State, step: PendingStep, dropped: Sequence[str | None] = ()) -> None:
    """An integration goes when it has no credentials but those that are dropped with it."""
    require_no_rotation_of(state, step)
    if step.verb == "add" and step.kind == "integration":
        left = tuple(item for item in state.credentials if item.name not in dropped)
        require_integration_removable(replace(state, credentials=left), step.provider)


def _question(rows: tuple[PendingRow, ...]) -> Question:
    lines = tuple(f"  {item.title}" for item in rows)
    return Question(f"Drop {counted(len(rows), 'step')}?", str(len(rows)), lines=lines)


def _dropping(
    state: State,
    chosen: Sequence[PendingStep],
    rows: tuple[PendingRow, ...],
    now: datetime,
) -> Plan[None]:
    dropped = [item.credential for item in chosen if item.verb == "add" and item.kind == "credential"]
    for step in chosen:
        find_pending(state, step.id)
        _require_droppable(state, step, dropped)
    after: State = state
    for step in chosen:
        after = opposite_requested(after, step, now)
    return Plan(
        state=after,
        data=None,
        question=_question(rows) if rows else None,
        basis=as_requested(state, chosen),
        details=tuple(f"no longer wanted: {step.portal.title}" for step in chosen),
        subjects=subjects_of(chosen),
    )
