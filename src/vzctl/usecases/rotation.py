"""Rotations that were begun: look at them, go on, or take them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from vzctl.command import NextStep, suggest
from vzctl.domain import rotation as machine
from vzctl.domain.index import Index
from vzctl.domain.names import did_you_mean
from vzctl.domain.records import Rotation, Step
from vzctl.domain.rules import listed
from vzctl.domain.state import State
from vzctl.errors import ConflictError, NotFoundError, UsageError, VzctlError
from vzctl.usecases.change import Plan, Proposal
from vzctl.usecases.context import Context, Danger, Question, SecretSource
from vzctl.usecases.key_spread import freshness_steps, spread_lines, spread_of_rotation
from vzctl.usecases.looking import Looking
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotation_view import (
    RotationDetail,
    RotationList,
    change_lines,
    changes_of,
    outage_lines,
    outage_text,
    outage_view,
    rotation_detail,
    rotation_row,
)
from vzctl.usecases.secret_version import read_version
from vzctl.usecases.walk import Walk, find_rotation, left_open, moved_on, step_basis, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRotation:
    """Go on with an open rotation, as far as `until`. `source` is the secret again, read when the store does not hold it."""

    name: str
    source: SecretSource | None = None
    attests: Sequence[Step] = ()
    replace_secret: bool = False
    skip_test: bool = False
    take_over: bool = False
    looking: Looking = field(default_factory=Looking)
    until: Step | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBackRotation:
    """Take a rotation back: an open one, or the last one while its old key is still held."""

    name: str
    attests: Sequence[Step] = ()
    take_over: bool = False
    looking: Looking = field(default_factory=Looking)
    dry_run: bool = False


def list_rotations(context: Context, *, only_open: bool = False) -> Outcome[RotationList]:
    """Return rotations, oldest first."""
    state = context.state_file.read()
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


def show_rotation(context: Context, name: str) -> Outcome[RotationDetail]:
    """Return the credential's open rotation, or its last one; a rotation's id is accepted too."""
    state = context.state_file.read()
    rotation = _latest(state, name)
    spread = spread_of_rotation(context, state, rotation)
    detail = replace(rotation_detail(state, rotation), fetches=spread.rows, old_key_free_from=spread.free_from)
    steps: list[NextStep] = [*freshness_steps(spread)]
    if rotation.is_open:
        attest = detail.next_step.lower() if detail.next_is_manual and detail.next_step else None
        steps.append(suggest("rotations resume", rotation.snapshot.name, attest=attest, comment="go on"))
        if rotation.step is not Step.RECREATED and machine.to_be_seen(rotation):
            text = f"nobody has seen {rotation.step} in force: look"
            steps.append(suggest("rotations resume", rotation.snapshot.name, comment=text))
        if machine.reversible(state, rotation) is not machine.Reversible.NO:
            steps.append(suggest("rotations rollback", rotation.snapshot.name, comment="take it back"))
    elif machine.reversible(state, rotation) is not machine.Reversible.NO:
        detail = replace(detail, changes=changes_of(state, rotation))
    summary = (*outage_lines(state, rotation), *spread_lines(spread, context.now()))
    return Outcome(data=detail, summary=summary, next_steps=tuple(steps))


def resume_rotation(context: Context, request: ResumeRotation) -> Outcome[RotationDetail]:
    """Go on from wherever the rotation stands; running it twice is harmless."""
    context.require_writable()
    request.looking.require_possible()
    state = context.state_file.read()
    rotation = _latest(state, request.name)
    if not rotation.is_open:
        raise ConflictError(
            f'no rotation of "{rotation.snapshot.name}" is open; the last one ended as {rotation.step}',
            code="ROTATION_NOT_OPEN",
            next_steps=(suggest("credentials rotate", rotation.snapshot.name, comment="begin a new one"),),
        )
    try:
        _require_host(context.host, rotation, "resume", take_over=request.take_over)
        machine.require_attestable(rotation, request.attests, is_local=state.is_local)
        if request.until is not None:
            machine.require_on_route(rotation, request.until, is_local=state.is_local)
    except (ConflictError, UsageError) as error:
        raise left_open(context, rotation.id, error) from None
    if request.dry_run:
        return show_rotation(context, request.name)
    if request.take_over and rotation.host != context.host:
        rotation = _take_over(context, state, rotation)
    given = Walk(
        source=request.source,
        attests=request.attests,
        replace_secret=request.replace_secret,
        skip_test=request.skip_test,
        looking=request.looking,
        until=request.until,
    )
    return walk(context, rotation, given)


def roll_back_rotation(context: Context, request: RollBackRotation) -> Outcome[RotationDetail]:
    """Turn the rotation round and walk back; refused when the old key cannot be given again."""
    context.require_writable()
    request.looking.require_possible()
    state = context.state_file.read()
    rotation = _latest(state, request.name)
    try:
        return _roll_back(context, request, state, rotation)
    except VzctlError as error:
        raise left_open(context, rotation.id, error) from None


def _roll_back(
    context: Context, request: RollBackRotation, state: State, rotation: Rotation
) -> Outcome[RotationDetail]:
    now = context.now()

    def replan(current: State) -> Plan[Rotation]:
        return _turn(current, rotation.id, request, now, context.host)

    proposal = Proposal(context, state, replan(state), replan)
    turned = proposal.plan.data
    changes = changes_of(state, rotation)
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
    outcome = walk(context, turned, Walk(attests=request.attests, looking=request.looking))
    return replace(outcome, changed=True, data=replace(outcome.data, changes=changes))


def _turn(state: State, rotation_id: str, request: RollBackRotation, now: datetime, host: str) -> Plan[Rotation]:
    """Plan the way back from where the rotation is. What was changed since it began is shown, and stays as it is."""
    rotation = find_rotation(state, rotation_id)
    _require_host(host, rotation, "rollback", take_over=request.take_over)
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


def _latest(state: State, name: str) -> Rotation:
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


def _require_host(host: str, rotation: Rotation, verb: str, *, take_over: bool) -> None:
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


def _take_over(context: Context, state: State, rotation: Rotation) -> Rotation:
    """Record this host as the one that goes on with the rotation, and return the rotation."""
    taken = replace(rotation, host=context.host)
    basis, name = step_basis(state, rotation.id), rotation.snapshot.name

    def plan(current: State) -> Plan[None]:
        if step_basis(current, rotation.id) != basis:
            raise moved_on(rotation)
        return Plan(
            state=current.with_rotation(taken),
            data=None,
            details=(f'took over the rotation of "{name}" from {rotation.host}',),
            subjects=(name,),
        )

    context.state_file.update(plan)
    return taken


def _question(state: State, rotation: Rotation, turned: Rotation) -> Question:
    name = rotation.snapshot.name
    changes = changes_of(state, rotation)
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
