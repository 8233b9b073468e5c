"""On the `astra` plane: what a person still has to do at the Portal, and saying that it was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from vzctl.domain.index import Index
from vzctl.domain.pending import (
    PendingStep,
    confirm_addition,
    find_pending,
    pending_steps,
    unwanted_removal,
    without_scope_entry,
)
from vzctl.domain.records import Evidence
from vzctl.domain.rules import counted, require_credential, require_integration_removable, require_no_rotation
from vzctl.domain.state import State
from vzctl.errors import ConflictError, ExitStatus, NextStep, UsageError
from vzctl.usecases.context import Context, Question
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.remove_credential import confirm_removal, retired
from vzctl.usecases.secret_version import drop_held
from vzctl.usecases.views import PendingRow, pending_row

NOBODY_LOOKED: Final = "nobody has looked at the Portal"


@dataclass(frozen=True, slots=True)
class PendingList:
    """Steps that wait for a person, in the order in which they can be done."""

    pending: tuple[PendingRow, ...]


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


def list_pending(context: Context) -> Outcome[PendingList]:
    """Return what still has to be done."""
    state = context.state_file.read()
    rows = _rows(state)
    steps = tuple(
        NextStep(f"vzctl pending confirm {item.id}", f"after you did this: {item.title}") for item in rows[:5]
    )
    return Outcome(data=PendingList(rows), next_steps=steps)


def confirm_pending(context: Context, request: ChangePending) -> Outcome[PendingChange]:
    """Record that a person did these steps: wanted becomes attested, a wanted removal happens."""
    context.require_writable()
    state = context.state_file.read()
    chosen = _chosen(state, request)
    rows = tuple(pending_row(Index(state), item) for item in chosen)
    if request.dry_run:
        return Outcome(data=PendingChange(rows, _rows(state)), summary=(f"would confirm {counted(len(rows), 'step')}",))
    if request.check and chosen:
        return _confirm_after_a_look(context, state, chosen, request)
    for step in chosen:
        _confirm(context, step, Evidence.ATTESTED)
    words = "0 seen, 0 on a person's word" if request.check else "a person's word; vzctl did not look"
    return _changed(context, rows, "confirmed", words, attested=NOBODY_LOOKED if chosen else "")


def _confirm_after_a_look(
    context: Context, state: State, chosen: list[PendingStep], request: ChangePending
) -> Outcome[PendingChange]:
    from vzctl.usecases.pending_check import seen_steps  # the network, only for those who use it

    found = seen_steps(context, state, chosen, wake=request.wake, are_named=not request.all_steps)
    confirmed = [step for step in chosen if step.id not in found.left]
    for step in confirmed:
        _confirm(context, step, Evidence.OBSERVED if step.id in found.seen else Evidence.ATTESTED)
    rows = tuple(pending_row(Index(state), item) for item in confirmed)
    attested = len(confirmed) - len(found.seen)
    words = f"{len(found.seen)} seen, {attested} on a person's word"
    alone = f"no database shows {counted(attested, 'step')} of them" if found.seen else NOBODY_LOOKED
    outcome = _changed(context, rows, "confirmed", words, attested=alone if attested else "")
    status = ExitStatus.PARTIAL if found.left else ExitStatus.OK
    return replace(outcome, warnings=(*found.warnings, *outcome.warnings), status=status)


def drop_pending(context: Context, request: ChangePending) -> Outcome[PendingChange]:
    """Stop wanting these steps: what was to be added is forgotten, what was to be removed stays."""
    context.require_writable()
    state = context.state_file.read()
    chosen = _chosen(state, request)
    rows = tuple(pending_row(Index(state), item) for item in chosen)
    dropped = [item.credential for item in chosen if item.verb == "add" and item.kind == "credential"]
    for step in chosen:
        _require_droppable(state, step, dropped)
    if request.dry_run:
        return Outcome(data=PendingChange(rows, _rows(state)), summary=(f"would drop {counted(len(rows), 'step')}",))
    lines = [f"  {item.title}" for item in rows]
    context.confirm(Question(f"Drop {counted(len(rows), 'step')}?", str(len(rows)), lines=lines))
    # Scopes first: dropping a credential would take its wanted scope with it.
    for step in sorted(chosen, key=lambda item: ["scope", "credential", "integration"].index(item.kind)):
        _drop(context, step)
    return _changed(context, rows, "dropped", "they are no longer wanted")


def _chosen(state: State, request: ChangePending) -> list[PendingStep]:
    if request.all_steps == bool(request.ids) or any(not item.strip() for item in request.ids):
        raise UsageError(
            "name the steps, or give --all; an empty text is none: is a shell variable unset?",
            code="USAGE",
            next_steps=(NextStep("vzctl pending list", "what still has to be done"),),
        )
    if request.all_steps:
        return pending_steps(state)
    wanted = {find_pending(state, item).id for item in request.ids}
    return [step for step in pending_steps(state) if step.id in wanted]


def _rows(state: State) -> tuple[PendingRow, ...]:
    index = Index(state)
    return tuple(pending_row(index, item) for item in pending_steps(state))


def _changed(
    context: Context, rows: tuple[PendingRow, ...], verb: str, why: str, *, attested: str = ""
) -> Outcome[PendingChange]:
    left = _rows(context.state_file.read())
    steps = (NextStep("vzctl pending list", f"{len(left)} left"),) if left else ()
    warnings = (Notice("ATTESTED_ONLY", f"recorded as attested: {attested}", None),) if attested else ()
    return Outcome(
        data=PendingChange(rows, left),
        changed=bool(rows),
        summary=(f"{verb} {counted(len(rows), 'step')}: {why}",),
        warnings=warnings,
        next_steps=steps,
    )


def _confirm(context: Context, step: PendingStep, evidence: Evidence) -> None:
    if step.kind == "credential" and step.verb == "remove":
        confirm_removal(context, step)
        return
    with context.state_file.transaction() as transaction:
        current = find_pending(transaction.state, step.id)
        transaction.state = _confirmed(context, transaction.state, current, evidence)
        transaction.describe(f"{evidence.value}: {step.portal.title}", subjects=_subjects(step))


def _confirmed(context: Context, state: State, step: PendingStep, evidence: Evidence) -> State:
    _require_no_rotation_of(state, step)
    if step.verb == "add":
        _require_in_order(state, step)
        return confirm_addition(state, step, context.now(), evidence)
    if step.kind == "integration":
        require_integration_removable(state, step.provider)
        return state.without_integration(step.provider)
    credential = require_credential(state, step.credential or "")
    return state.with_credential(without_scope_entry(credential, step.database or ""))


def _require_in_order(state: State, step: PendingStep) -> None:
    """What a step builds on comes first: the integration, then the credential, then its scope."""
    before = []
    integration = state.integration(step.provider)
    if step.kind != "integration" and integration is not None and integration.evidence is Evidence.WANTED:
        before.append(f"add-integration:{step.provider}")
    credential = state.credential(step.credential or "")
    if step.kind == "scope" and credential is not None and credential.evidence is Evidence.WANTED:
        before.append(f"add-credential:{credential.name}")
    if before:
        raise ConflictError(
            f'"{step.id}" builds on "{before[0]}", which is not confirmed',
            code="PENDING_OUT_OF_ORDER",
            next_steps=(NextStep(f"vzctl pending confirm {before[0]} {step.id}", "confirm both, if both are done"),),
        )


def _require_droppable(state: State, step: PendingStep, dropped: Sequence[str | None] = ()) -> None:
    """An integration goes when it has no credentials but those that are dropped with it."""
    _require_no_rotation_of(state, step)
    if step.verb == "add" and step.kind == "integration":
        left = tuple(item for item in state.credentials if item.name not in dropped)
        require_integration_removable(replace(state, credentials=left), step.provider)


def _require_no_rotation_of(state: State, step: PendingStep) -> None:
    credential = state.credential(step.credential) if step.credential is not None else None
    if credential is not None:
        require_no_rotation(state, credential)


def _drop(context: Context, step: PendingStep) -> None:
    dropped: tuple[str, list[str]] | None = None
    with context.state_file.transaction() as transaction:
        state = transaction.state
        current = find_pending(state, step.id)
        _require_droppable(state, current)
        if step.verb == "remove":
            transaction.state = unwanted_removal(state, current)
        elif step.kind == "integration":
            transaction.state = state.without_integration(step.provider)
        elif step.kind == "credential":
            credential = require_credential(state, step.credential or "")
            after, _ = retired(context, state, credential)
            transaction.state = after
            dropped = (credential.id, [item.id for item in credential.versions])
        else:
            credential = require_credential(state, step.credential or "")
            transaction.state = state.with_credential(without_scope_entry(credential, step.database or ""))
        transaction.describe(f"no longer wanted: {step.portal.title}", subjects=_subjects(step))
    if dropped is not None:
        drop_held(context, *dropped)


def _subjects(step: PendingStep) -> tuple[str, ...]:
    return (step.credential,) if step.credential is not None else (step.provider,)
