"""Rotations that were begun: look at them, go on, or take them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vzctl.command import NextStep, suggest
from vzctl.domain import rotation as machine
from vzctl.domain.names import did_you_mean
from vzctl.domain.records import Credential, Direction, Rotation, Step
from vzctl.domain.revocation import is_revoked
from vzctl.domain.rules import require_credential
from vzctl.domain.state import State
from vzctl.errors import ConflictError, NotFoundError, UsageError, VzctlError
from vzctl.usecases.context import Context, Danger, Question, SecretSource
from vzctl.usecases.key_spread import freshness_steps, spread_lines, spread_of_rotation
from vzctl.usecases.looking import Looking
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotation_view import RotationDetail, RotationList, rotation_detail, rotation_row
from vzctl.usecases.secret_version import read_version
from vzctl.usecases.walk import Walk, left_open, walk


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
    return Outcome(data=RotationList(tuple(rotation_row(state, item) for item in chosen)), next_steps=steps[:5])


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
        if rotation.direction is Direction.FORWARD:
            steps.append(suggest("rotations rollback", rotation.snapshot.name, comment="take it back"))
    return Outcome(data=detail, summary=spread_lines(spread, context.now()), next_steps=tuple(steps))


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
        _require_host(context, rotation, "resume", take_over=request.take_over)
        machine.require_attestable(rotation, request.attests, is_local=state.is_local)
        if request.until is not None:
            machine.require_on_route(rotation, request.until, is_local=state.is_local)
    except (ConflictError, UsageError) as error:
        raise left_open(context, rotation.id, error) from None
    if request.dry_run:
        return show_rotation(context, request.name)
    if request.take_over and rotation.host != context.host:
        _take_over(context, rotation)
    given = Walk(
        source=request.source,
        attests=request.attests,
        replace_secret=request.replace_secret,
        skip_test=request.skip_test,
        looking=request.looking,
        until=request.until,
    )
    return walk(context, rotation.id, given)


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
    name = rotation.snapshot.name
    _require_host(context, rotation, "rollback", take_over=request.take_over)
    credential = _require_can_go_back(state, rotation)
    turned = machine.turned_back(rotation)
    only_drops = turned.step is Step.DROPPING
    machine.require_attestable(turned, request.attests, is_local=state.is_local)
    if request.dry_run:
        data = rotation_detail(state.with_rotation(turned), turned)
        return Outcome(data=data, summary=(f'would take back the rotation of "{name}" from {rotation.step}',))
    if not only_drops:
        read_version(context, state, credential, rotation.old_version)
    elif context.store().writable:
        context.store().probe()
    if turned != rotation:
        # Who attests a further step of the way back has said yes to the way back already.
        context.confirm(_question(state, rotation, only_drops=only_drops))
    with context.state_file.transaction() as transaction:
        current = next((item for item in transaction.state.rotations if item.id == rotation.id), None)
        if current != rotation:
            raise ConflictError(f'the rotation of "{name}" moved on meanwhile; look again', code="CHANGED_MEANWHILE")
        host = context.host if request.take_over else rotation.host
        transaction.state = transaction.state.with_rotation(replace(turned, host=host))
        transaction.describe(f'take back the rotation of "{name}" from {rotation.step}', subjects=(name,))
    outcome = walk(context, rotation.id, Walk(attests=request.attests, looking=request.looking))
    return replace(outcome, changed=True)


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


def _require_host(context: Context, rotation: Rotation, verb: str, *, take_over: bool) -> None:
    if rotation.is_open and rotation.host != context.host and not take_over:
        raise ConflictError(
            f'the rotation of "{rotation.snapshot.name}" was begun on "{rotation.host}", this is "{context.host}"',
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


def _take_over(context: Context, rotation: Rotation) -> None:
    with context.state_file.transaction() as transaction:
        current = next((item for item in transaction.state.rotations if item.id == rotation.id), None)
        if current is None:
            # A restore took it away: what it had begun is not in this state, so it must not come back.
            raise ConflictError(
                f'the rotation of "{rotation.snapshot.name}" is no longer in the state; look again',
                code="CHANGED_MEANWHILE",
                next_steps=(suggest("rotations list", comment="the rotations there are"),),
            )
        transaction.state = transaction.state.with_rotation(replace(current, host=context.host))
        transaction.describe(
            f'took over the rotation of "{rotation.snapshot.name}" from {rotation.host}',
            subjects=(rotation.snapshot.name,),
        )


def _require_can_go_back(state: State, rotation: Rotation) -> Credential:
    name = rotation.snapshot.name
    credential = require_credential(state, name)
    if rotation.step is Step.ROLLED_BACK:
        raise ConflictError(f'the last rotation of "{name}" was taken back already', code="ROTATION_NOT_OPEN")
    if rotation.step is Step.DONE and credential.current != rotation.new_version:
        raise ConflictError(f'"{name}" was changed after this rotation', code="ROLLBACK_IMPOSSIBLE")
    if rotation.step is Step.DONE and state.open_rotation(credential.id) is not None:
        raise ConflictError(f'a later rotation of "{name}" is open', code="ROTATION_OPEN")
    changes_key = rotation.step in (Step.REMOVED, Step.RECREATED, Step.SCOPED, Step.DONE, Step.REVOKED)
    if rotation.leaked and changes_key:
        raise ConflictError(
            f'the rotation of "{name}" cannot be taken back: the old key is known to others',
            code="ROLLBACK_IMPOSSIBLE",
            next_steps=(suggest("rotations show", name, comment="where it stands"),),
        )
    old = credential.version(rotation.old_version)
    if changes_key and is_revoked(state, rotation.old_version):
        raise ConflictError(
            f'the rotation of "{name}" cannot be taken back: the old key is revoked at its provider',
            code="ROLLBACK_IMPOSSIBLE",
            next_steps=(suggest("credentials rotate", name, comment="give it another new key instead"),),
        )
    if changes_key and (old is None or not old.held):
        raise ConflictError(
            f'the rotation of "{name}" cannot be taken back: the old key is not held here',
            code="ROLLBACK_IMPOSSIBLE",
            next_steps=(suggest("credentials rotate", name, comment="give it another new key instead"),),
        )
    return credential


def _question(state: State, rotation: Rotation, *, only_drops: bool) -> Question:
    name = rotation.snapshot.name
    if only_drops:
        lines = ("drops the staged key; nothing at the credential was changed yet",)
        return Question(f'Take back the rotation of "{name}"?', name, Danger.MODERATE, lines)
    how = (
        "the old key becomes the current one again"
        if state.is_local
        else "you recreate it in the Portal with the old key"
    )
    return Question(f'Take back the rotation of "{name}"?', name, Danger.SEVERE, (how,))
