"""`vzctl rotations rollback`: return to the previous key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from vzctl.domain.rotation import machine
from vzctl.domain.rules import listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Rotation, Step
from vzctl.domain.state.state import State
from vzctl.errors import VzctlError
from vzctl.usecases.change import Plan, Proposal
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.keys.version import read_version
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotations.find import latest, require_host
from vzctl.usecases.rotations.runner import (
    RunOptions,
    find_rotation,
    left_open,
    moved_on,
    run_rotation,
    step_basis,
)
from vzctl.usecases.rotations.view import (
    RotationDetail,
    change_lines,
    outage_lines,
    rotation_detail,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBackRotation(RunOptions):
    """Take a rotation back: an open one, or the last one while its old key is still held."""

    name: str
    take_over: bool = False
    dry_run: bool = False


def roll_back_rotation(context: Context, request: RollBackRotation) -> Outcome[RotationDetail]:
    """Turn the rotation round and walk back; refused when the old key cannot be given again."""
    context.require_writable()
    request.verification.require_possible()
    state = context.state_store.read()
    rotation = latest(state, request.name)
    try:
        return _roll_back(context, request, state, rotation)
    except VzctlError as error:
        raise left_open(context, rotation.id, error) from error


def _roll_back(
    context: Context, request: RollBackRotation, state: State, rotation: Rotation
) -> Outcome[RotationDetail]:
    now = context.now()

    def replan(current: State) -> Plan[Rotation]:
        return _turn(current, rotation.id, request, now, context.host)

    proposal = Proposal(context, state, replan(state), replan)
    turned = proposal.plan.data
    changes = machine.changes_since(state, rotation)
    if request.dry_run:
        data = replace(rotation_detail(proposal.plan.state, turned), changes=changes)
        line = f'would take back the rotation of "{rotation.snapshot.name}" from {rotation.step}'
        lines = change_lines(changes) if changes is not None else ()
        return Outcome(data=data, summary=(line, *lines))
    if turned.step is not Step.DROPPING:
        read_version(context, state, machine.require_reversible(state, rotation), rotation.old_version)
    elif context.store().writable:
        context.store().probe()
    proposal.ask()
    proposal.commit()
    outcome = run_rotation(context, turned, request)
    return replace(outcome, changed=True, data=replace(outcome.data, changes=changes))


def _turn(state: State, rotation_id: str, request: RollBackRotation, now: datetime, host: str) -> Plan[Rotation]:
    """Plan the way back from where the rotation is. What was changed since it began is shown, and stays as it is."""
    rotation = find_rotation(state, rotation_id)
    if latest(state, request.name).id != rotation_id:
        raise moved_on(rotation)
    require_host(host, rotation, "rollback", take_over=request.take_over)
    credential = machine.require_reversible(state, rotation)
    turned = machine.turned_back(rotation, credential, now)
    machine.require_attestable(turned, request.attests, is_local=state.is_local)
    # Who attests a further step of the way back has said yes to the way back already.
    question = None if turned == rotation else _question(state, rotation, turned)
    turned = replace(turned, host=host if request.take_over else rotation.host)
    name = rotation.snapshot.name
    return Plan(
        state=state.with_rotation(turned),
        data=turned,
        question=question,
        basis=step_basis(state, rotation_id),
        details=(f'take back the rotation of "{name}" from {rotation.step}',),
        subjects=(name,),
    )


def _question(state: State, rotation: Rotation, turned: Rotation) -> Question:
    name = rotation.snapshot.name
    changes = machine.changes_since(state, rotation)
    since = change_lines(changes) if changes is not None else ()
    outage = outage_lines(state, rotation)
    if turned.step is Step.DROPPING:
        lines = (*outage, "drops the staged key; nothing at the credential was changed yet", *since)
        return Question(f'Take back the rotation of "{name}"?', name, Danger.MODERATE, lines)
    if state.is_local:
        how: tuple[str, ...] = ("the old key becomes the current one again",)
    else:
        index = Index(state)
        scope = listed([index.database_name(item) for item in turned.databases]) or "no database"
        how = (
            "you recreate it in the Portal with the old key",
            f"you add to its scope: {scope}",
        )
    kept = "only the key goes back: name, scope, and dependents stay as they are now"
    return Question(f'Take back the rotation of "{name}"?', name, Danger.SEVERE, (*outage, *how, kept, *since))
