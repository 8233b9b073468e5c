"""`vzctl pending confirm`: record that manual steps were done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from vzctl.command import suggest
from vzctl.domain.rotation.manual_steps import PendingStep, confirm_addition, find_pending, without_scope_entry
from vzctl.domain.rules import counted, require_credential, require_integration_removable, require_no_rotation
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Evidence
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, ExitStatus
from vzctl.usecases.change import Plan, propose_from, stable_ids
from vzctl.usecases.context import Context
from vzctl.usecases.credentials.remove import retired
from vzctl.usecases.keys.delete import finish_and_tell
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
from vzctl.usecases.views import pending_row

NOBODY_LOOKED: Final = "nobody has looked at the Portal"


def confirm_pending(context: Context, request: ChangePending) -> Outcome[PendingChange]:
    """Record that a person did these steps: wanted becomes attested, a wanted removal happens."""
    context.require_writable()
    state = context.state_store.read()
    chosen = chosen_steps(state, request)
    rows = tuple(pending_row(Index(state), item) for item in chosen)
    if request.dry_run:
        return Outcome(
            data=PendingChange(rows, pending_rows(state)), summary=(f"would confirm {counted(len(rows), 'step')}",)
        )
    if request.check and chosen:
        return _confirm_after_a_look(context, state, chosen, request)
    _confirm(context, state, [(step, Evidence.ATTESTED) for step in chosen])
    words = "0 seen, 0 on a person's word" if request.check else "a person's word; vzctl did not look"
    return pending_change(context, rows, "confirmed", words, attested=NOBODY_LOOKED if chosen else "")


def _confirm_after_a_look(
    context: Context, state: State, chosen: list[PendingStep], request: ChangePending
) -> Outcome[PendingChange]:
    from vzctl.usecases.pending.check import seen_steps

    found = seen_steps(context, state, chosen, wake=request.wake, are_named=not request.all_steps)
    confirmed = [step for step in chosen if step.id not in found.left]
    evidence = {True: Evidence.OBSERVED, False: Evidence.ATTESTED}
    _confirm(context, state, [(step, evidence[step.id in found.seen]) for step in confirmed])
    rows = tuple(pending_row(Index(state), item) for item in confirmed)
    attested = len(confirmed) - len(found.seen)
    words = f"{len(found.seen)} seen, {attested} on a person's word"
    alone = f"no database shows {counted(attested, 'step')} of them" if found.seen else NOBODY_LOOKED
    outcome = pending_change(context, rows, "confirmed", words, attested=alone if attested else "")
    status = ExitStatus.PARTIAL if found.left else ExitStatus.OK
    return replace(outcome, warnings=(*found.warnings, *outcome.warnings), status=status)


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
            basis=as_requested(current, steps),
            details=tuple(details),
            subjects=subjects_of(steps),
        )

    _delete_secrets(context, propose_from(context, state, plan).commit().plan.data)


def _delete_secrets(context: Context, removed: Sequence[Credential]) -> None:
    finish_and_tell(context, [item.id for credential in removed for item in credential.versions])


def _confirmed(state: State, step: PendingStep, evidence: Evidence, now: datetime) -> State:
    require_no_rotation_of(state, step)
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
