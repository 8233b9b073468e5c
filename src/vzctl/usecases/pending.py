"""On the `astra` plane: what a person still has to do at the Portal, and saying that it was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from vzctl.command import suggest
from vzctl.domain.index import Index
from vzctl.domain.pending import (
    PendingStep,
    confirm_addition,
    find_pending,
    opposite_requested,
    pending_steps,
    without_scope_entry,
)
from vzctl.domain.records import Credential, Evidence
from vzctl.domain.rules import counted, require_credential, require_integration_removable, require_no_rotation
from vzctl.domain.state import State
from vzctl.errors import ConflictError, ExitStatus, UsageError
from vzctl.usecases.change import Plan, propose_from, stable_ids
from vzctl.usecases.context import Context, Question
from vzctl.usecases.deletion import finish_and_tell
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.remove_credential import retired
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
    steps = tuple(suggest("pending confirm", item.id, comment=f"after you did this: {item.title}") for item in rows[:5])
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
    _confirm(context, state, [(step, Evidence.ATTESTED) for step in chosen])
    words = "0 seen, 0 on a person's word" if request.check else "a person's word; vzctl did not look"
    return _changed(context, rows, "confirmed", words, attested=NOBODY_LOOKED if chosen else "")


def _confirm_after_a_look(
    context: Context, state: State, chosen: list[PendingStep], request: ChangePending
) -> Outcome[PendingChange]:
    from vzctl.usecases.pending_check import seen_steps  # the network, only for those who use it

    found = seen_steps(context, state, chosen, wake=request.wake, are_named=not request.all_steps)
    confirmed = [step for step in chosen if step.id not in found.left]
    evidence = {True: Evidence.OBSERVED, False: Evidence.ATTESTED}
    _confirm(context, state, [(step, evidence[step.id in found.seen]) for step in confirmed])
    rows = tuple(pending_row(Index(state), item) for item in confirmed)
    attested = len(confirmed) - len(found.seen)
    words = f"{len(found.seen)} seen, {attested} on a person's word"
    alone = f"no database shows {counted(attested, 'step')} of them" if found.seen else NOBODY_LOOKED
    outcome = _changed(context, rows, "confirmed", words, attested=alone if attested else "")
    status = ExitStatus.PARTIAL if found.left else ExitStatus.OK
    return replace(outcome, warnings=(*found.warnings, *outcome.warnings), status=status)


def drop_pending(context: Context, request: ChangePending) -> Outcome[PendingChange]:
    """Cancel these steps. Each may have been done already, so its opposite becomes a manual step to check and confirm."""
    context.require_writable()
    state = context.state_file.read()
    chosen = _chosen(state, request)
    rows = tuple(pending_row(Index(state), item) for item in chosen)
    now = context.now()
    proposal = propose_from(context, state, lambda current: _dropping(current, chosen, rows, now))
    if request.dry_run:
        return Outcome(data=PendingChange(rows, _rows(state)), summary=(f"would drop {counted(len(rows), 'step')}",))
    proposal.ask()
    proposal.commit()
    return _changed(context, rows, "dropped", "check at the Portal that none of them was done, and confirm that")


def _chosen(state: State, request: ChangePending) -> list[PendingStep]:
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


def _rows(state: State) -> tuple[PendingRow, ...]:
    index = Index(state)
    return tuple(pending_row(index, item) for item in pending_steps(state))


def _changed(
    context: Context, rows: tuple[PendingRow, ...], verb: str, why: str, *, attested: str = ""
) -> Outcome[PendingChange]:
    left = _rows(context.state_file.read())
    steps = (suggest("pending list", comment=f"{len(left)} left"),) if left else ()
    warnings = (Notice("ATTESTED_ONLY", f"recorded as attested: {attested}", None),) if attested else ()
    return Outcome(
        data=PendingChange(rows, left),
        changed=bool(rows),
        summary=(f"{verb} {counted(len(rows), 'step')}: {why}",),
        warnings=warnings,
        next_steps=steps,
    )


def _confirm(context: Context, state: State, chosen: Sequence[tuple[PendingStep, Evidence]]) -> None:
    """Record all of these steps as done, or none: the first one that cannot be confirmed ends the command."""
    now, ids = context.now(), stable_ids(context)

    def plan(current: State) -> Plan[list[Credential]]:
        after, removed, details = current, [], []
        for step, evidence in chosen:
            find_pending(current, step.id)
            if step.kind == "credential" and step.verb == "remove":
                credential = require_credential(after, step.credential or "")
                require_no_rotation(after, credential)
                after, _ = retired(after, credential, now, partial(ids, credential.id))
                removed.append(credential)
                details.append(f'"{credential.name}" was removed at the Portal')
            else:
                after = _confirmed(after, step, evidence, now)
                details.append(f"{evidence.value}: {step.portal.title}")
        steps = [step for step, _ in chosen]
        return Plan(
            state=after,
            data=removed,
            basis=_as_requested(current, steps),
            details=tuple(details),
            subjects=_subjects(steps),
        )

    _delete_secrets(context, propose_from(context, state, plan).commit().plan.data)


def _as_requested(state: State, chosen: Sequence[PendingStep]) -> list[tuple[str, datetime] | None]:
    """Return when each step was requested: a step that was canceled and requested again is another one."""
    requested = {item.id: (item.id, item.wanted_at) for item in pending_steps(state)}
    return [requested.get(item.id) for item in chosen]


def _delete_secrets(context: Context, removed: Sequence[Credential]) -> None:
    finish_and_tell(context, [item.id for credential in removed for item in credential.versions])


def _confirmed(state: State, step: PendingStep, evidence: Evidence, now: datetime) -> State:
    _require_no_rotation_of(state, step)
    if step.verb == "add":
        _require_in_order(state, step)
        return confirm_addition(state, step, now, evidence)
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
            next_steps=(suggest("pending confirm", before[0], step.id, comment="confirm both, if both are done"),),
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
        question=Question(
            f"Drop {counted(len(rows), 'step')}?", str(len(rows)), lines=tuple(f"  {item.title}" for item in rows)
        ),
        basis=_as_requested(state, chosen),
        details=tuple(f"no longer wanted: {step.portal.title}" for step in chosen),
        subjects=_subjects(chosen),
    )


def _subjects(chosen: Sequence[PendingStep]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step.credential if step.credential is not None else step.provider for step in chosen))
