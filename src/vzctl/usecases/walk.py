"""Walk a rotation from the step it is at to the next one that needs a person, or to its end.

What to do next is decided by looking: at the rotation's row, and at what the store really holds. Every step is written
before the thing it announces, so a crash anywhere leaves a row from which the walk goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vzctl.domain import rotation as machine
from vzctl.domain.index import Index
from vzctl.domain.records import (
    Credential,
    Direction,
    Rotation,
    Step,
    Version,
)
from vzctl.domain.revocation import is_revoked
from vzctl.domain.rules import display_name, provider_by_id
from vzctl.domain.secret_text import require_usable
from vzctl.domain.state import State
from vzctl.errors import (
    ConflictError,
    ExitStatus,
    InputRequiredError,
    NextStep,
    RotationOpenError,
    SecretStoreError,
    StateError,
    VzctlError,
)
from vzctl.secret import Secret
from vzctl.usecases.context import Context, SecretSource
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.rotation_view import RotationDetail, portal_visit, rotation_detail, step_text
from vzctl.usecases.secret_version import (
    delete_bytes,
    forget_version,
    require_new_key,
    require_recorded,
    set_held,
    store_item,
)

NOT_TESTED: Final = "not tested"
"""What is on record of a key that nobody tried, such as one that was handed in when the rotation had begun."""


@dataclass(slots=True)
class Walk:
    """What this walk was given: the secret again, and what a person attests, in order."""

    source: SecretSource | None = None
    attests: Sequence[Step] = ()
    replace_secret: bool = False


def walk(context: Context, rotation_id: str, given: Walk) -> Outcome[RotationDetail]:
    """Take every step that can be taken now; the outcome says where the rotation stands.

    Past the point of no return an open rotation is the worst news there is: every failure and ^C then ends as
    `ROTATION_OPEN`, whatever it would have been by itself.
    """
    try:
        return _walk(context, rotation_id, given)
    except VzctlError as error:
        raise left_open(context, rotation_id, error) from None
    except KeyboardInterrupt:
        left = _left_open(context, rotation_id)
        if left is None or not left.is_past_no_return:
            raise
        state = context.state_file.read()
        return _stopped(state, _rotation(state, rotation_id), changed=True, interrupted=True)


def left_open(context: Context, rotation_id: str, error: VzctlError) -> VzctlError:
    """Return the error to end with: it says where the rotation stands, and is a `RotationOpenError` past no return."""
    rotation = None if isinstance(error, RotationOpenError) else _left_open(context, rotation_id)
    if rotation is None or not (rotation.is_past_no_return or isinstance(error, SecretStoreError | StateError)):
        return error
    message = f'{error.message}; the rotation of "{rotation.snapshot.name}" stands at {step_text(rotation)}'
    says_how = any(step.command.startswith("vzctl rotations ") for step in error.next_steps)
    ways = () if says_how else (NextStep(f"vzctl rotations resume {rotation.snapshot.name}", "go on"),)
    steps = (*ways, *error.next_steps)
    if rotation.is_past_no_return:
        return RotationOpenError(
            message, code=error.code, side=error.side, evidence=error.evidence, next_steps=steps
        ).answered(error.http_status, error.upstream_code)
    error.message, error.next_steps = message, steps
    return error


def _left_open(context: Context, rotation_id: str) -> Rotation | None:
    """Return the rotation when somebody still has to finish it, as far as the state can still be read."""
    try:
        rotation = _rotation(context.state_file.read(), rotation_id)
    except VzctlError:
        return None
    return rotation if rotation.is_open else None


def _walk(context: Context, rotation_id: str, given: Walk) -> Outcome[RotationDetail]:
    attests = list(given.attests)
    changed = False
    ensured = False
    while True:
        state = context.state_file.read()
        rotation = _rotation(state, rotation_id)
        step = machine.next_step(rotation, is_local=state.is_local)
        if step is None:
            if attests:
                machine.attested(rotation, attests[0], is_local=state.is_local)
            return _finished(state, rotation, changed=changed)
        if context.stop_requested():
            return _stopped(state, rotation, changed=changed, interrupted=True)
        if rotation.direction is Direction.FORWARD and rotation.step is not Step.DROPPING and not ensured:
            changed = _ensure_staged(context, state, rotation, given) or changed
            ensured = True
            continue
        if step in machine.PERSON_STEPS:
            if attests:
                expected = attests.pop(0)
            elif context.is_interactive and _person_says_done(context, state, rotation, step):
                expected = step
            else:
                return _stopped(state, rotation, changed=changed)
            _attest(context, rotation, expected)
        else:
            _OWN_STEPS[step](context, rotation)
        changed = True


def _ensure_staged(context: Context, state: State, rotation: Rotation, given: Walk) -> bool:
    """Make sure that the store holds the pending bytes, whatever was recorded; True when the state changed.

    They are asked for again when a crash came before they were written, or when this is another machine.
    """
    credential = _credential(state, rotation)
    version = _version(credential, rotation.new_version)
    if is_revoked(state, version.id):
        raise ConflictError(
            f'the new key of "{credential.name}" was revoked at its provider',
            code="SECRET_REVOKED",
            next_steps=(NextStep(f"vzctl rotations rollback {credential.name}", "take the rotation back"),),
        )
    is_there = _is_in_store(context, state, credential, version, given)
    if not is_there or given.replace_secret:
        secret = _secret_again(credential, given)
        if secret.fingerprint(state.organization.fingerprint_salt) != version.fingerprint:
            if not given.replace_secret:
                raise ConflictError(
                    f'this is not the key that the rotation of "{credential.name}" began with',
                    code="SECRET_DIFFERS",
                    next_steps=(
                        NextStep(
                            f"vzctl rotations resume {credential.name} --replace-secret …", "take this key instead"
                        ),
                    ),
                )
            return _replace_pending(context, rotation, _judged(state, credential, secret))
        if not is_there:
            context.store().write(store_item(state, credential, version.id), secret)
    if rotation.step is not Step.STAGING and version.held:
        return False
    try:
        with context.state_file.transaction() as transaction:
            current = _unmoved(transaction.state, rotation)
            after = set_held(transaction.state, credential.id, [version.id], held=True)
            step = Step.STAGED if current.step is Step.STAGING else current.step
            transaction.state = after.with_rotation(replace(current, step=step))
            transaction.describe(f'staged the new key of "{credential.name}"', subjects=(credential.name,))
    except ConflictError:
        now = _rotation(context.state_file.read(), rotation.id)
        if now.new_version != version.id or now.step in (Step.DROPPING, Step.ROLLED_BACK):
            # Whoever took the rotation back may have deleted the bytes before they were written here.
            delete_bytes(context, state, credential, [version.id])
        raise
    return True


def _is_in_store(context: Context, state: State, credential: Credential, version: Version, given: Walk) -> bool:
    """Whether the store gives out the recorded bytes.

    Until they are on record as held, a crash may have left anything there: half of them, or an empty item of a program
    that was given nothing. Then they are written again, if they are at hand.
    """
    try:
        secret = context.store().read(store_item(state, credential, version.id))
        if secret is not None:
            require_recorded(state, credential.name, version, secret)
    except SecretStoreError as error:
        can_be_written = given.source is not None or error.code == "SECRET_DIFFERS"
        if given.replace_secret or (can_be_written and not version.held):
            return False
        raise
    return secret is not None


def _replace_pending(context: Context, rotation: Rotation, secret: Secret) -> bool:
    """Take another key than the one the rotation began with: a new version, the old bytes deleted, staged again.

    Until its bytes are gone the replaced version stays on record as held, whatever was recorded of it before.
    """
    if rotation.new_key_used:
        raise RotationOpenError(
            f'the key of "{rotation.snapshot.name}" was put into service already; take the rotation back instead',
            code="ROTATION_OPEN",
            next_steps=(NextStep(f"vzctl rotations rollback {rotation.snapshot.name}", "go back to the old key"),),
        )
    salt = context.state_file.read().organization.fingerprint_salt
    version = Version(id=context.new_id(), created_at=context.now(), fingerprint=secret.fingerprint(salt))
    with context.state_file.transaction() as transaction:
        current = _unmoved(transaction.state, rotation)
        owner = _credential(transaction.state, current)
        replaced = replace(_version(owner, current.new_version), held=True)
        owner = owner.with_version(replaced).with_version(version)
        is_kept = current.is_past_no_return or current.step is Step.REVOKED
        step = current.step if is_kept else Step.STAGING
        transaction.state = transaction.state.with_credential(replace(owner, pending=version.id)).with_rotation(
            replace(current, new_version=version.id, step=step, test=NOT_TESTED)
        )
        transaction.describe(f'replaced the staged key of "{owner.name}"', subjects=(owner.name,))
    forget_version(context, owner.id, replaced.id)
    state = context.state_file.read()
    return _ensure_staged(context, state, _rotation(state, rotation.id), Walk(source=lambda: secret))


def _secret_again(credential: Credential, given: Walk) -> Secret:
    if given.source is None:
        raise InputRequiredError(
            f'the new key of "{credential.name}" is not held here; hand it in again',
            code="SECRET_NEEDED_AGAIN",
            next_steps=(
                NextStep(f"vzctl rotations resume {credential.name} --secret-stdin", "the same key, on standard input"),
                NextStep(f"vzctl rotations rollback {credential.name}", "or take the rotation back"),
            ),
        )
    return given.source()


def _judged(state: State, credential: Credential, secret: Secret) -> Secret:
    """Return the key when it may take the place of the staged one: what `credentials rotate` asks of a key."""
    provider = provider_by_id(credential.provider)
    if provider is not None:
        require_usable(provider, secret)
    require_new_key(state, credential, secret)
    return secret


def _tested(context: Context, rotation: Rotation) -> None:
    """Record what the test showed that was made before the rotation began, or that there was none."""
    with context.state_file.transaction() as transaction:
        rotation = _unmoved(transaction.state, rotation)
        transaction.state = transaction.state.with_rotation(replace(rotation, step=Step.TESTED))
        transaction.describe(
            f'"{rotation.snapshot.name}": the new key was {rotation.test}', subjects=(rotation.snapshot.name,)
        )


def _done(context: Context, rotation: Rotation) -> None:
    with context.state_file.transaction() as transaction:
        rotation = _unmoved(transaction.state, rotation)
        transaction.state = machine.finish_forward(transaction.state, rotation, context.now(), context.new_id)
        transaction.describe(
            f'"{rotation.snapshot.name}" removed and recreated under the same name with the new key, scope restored',
            subjects=(rotation.snapshot.name,),
        )


def _dropping(context: Context, rotation: Rotation) -> None:
    with context.state_file.transaction() as transaction:
        rotation = _unmoved(transaction.state, rotation)
        transaction.state = transaction.state.with_rotation(replace(rotation, step=Step.DROPPING))
        transaction.describe(f'going back: "{rotation.snapshot.name}"', subjects=(rotation.snapshot.name,))


def _rolled_back(context: Context, rotation: Rotation) -> None:
    """Delete the new bytes unless the key was in service (then the revocations list keeps them), and point back."""
    state = context.state_file.read()
    if not _unmoved(state, rotation).new_key_used:
        delete_bytes(context, state, _credential(state, rotation), [rotation.new_version])
    with context.state_file.transaction() as transaction:
        rotation = _unmoved(transaction.state, rotation)
        transaction.state = machine.finish_back(transaction.state, rotation, context.now(), context.new_id)
        transaction.describe(f'"{rotation.snapshot.name}" is back at its old key', subjects=(rotation.snapshot.name,))


_OWN_STEPS: dict[Step, Callable[[Context, Rotation], None]] = {
    Step.TESTED: _tested,
    Step.DONE: _done,
    Step.DROPPING: _dropping,
    Step.ROLLED_BACK: _rolled_back,
}


def _attest(context: Context, rotation: Rotation, step: Step) -> None:
    with context.state_file.transaction() as transaction:
        rotation = _unmoved(transaction.state, rotation)
        after = machine.attested(rotation, step, is_local=transaction.state.is_local)
        transaction.state = transaction.state.with_rotation(after)
        transaction.describe(
            f'"{rotation.snapshot.name}": a person attested {step_text(after)}', subjects=(rotation.snapshot.name,)
        )


def _person_says_done(context: Context, state: State, rotation: Rotation, step: Step) -> bool:
    visit = portal_visit(Index(state), rotation, step)
    return context.ask_done(f"{step_text(rotation)} → {step.value}: {visit.title}", visit.lines)


def _finished(state: State, rotation: Rotation, *, changed: bool) -> Outcome[RotationDetail]:
    detail = rotation_detail(state, rotation)
    name = rotation.snapshot.name
    if rotation.step is Step.ROLLED_BACK:
        summary = (f'"{name}" is back at its old key; same name, scope as it was',)
        due = [item for item in state.open_revocations() if item.version == rotation.new_version]
        text = "once the key that was taken back is revoked at the provider"
        steps = tuple(NextStep(f"vzctl revocations done {item.id}", text) for item in due)
        return Outcome(data=detail, changed=changed, summary=summary, next_steps=steps)
    failed = [check.what for check in detail.checks if check.result == "failed"]
    lines = (
        f'rotated "{name}": same name, same provider, {len(detail.databases)} in scope; the new key was {rotation.test}',
        *(f"  {check.what}: {check.result}" for check in detail.checks),
    )
    due = [item for item in state.open_revocations() if item.version == rotation.old_version]
    provider = display_name(rotation.snapshot.provider)
    urgent = "NOW: it is known to others; " if rotation.leaked else ""
    steps = tuple(
        NextStep(f"vzctl revocations done {item.id}", f"{urgent}after you revoked the old key at {provider}")
        for item in due
    )
    warnings = tuple(Notice("CHECK_FAILED", f"after the rotation: {what} does not hold", name) for what in failed)
    return Outcome(data=detail, changed=changed, summary=lines, warnings=warnings, next_steps=steps)


def _stopped(state: State, rotation: Rotation, *, changed: bool, interrupted: bool = False) -> Outcome[RotationDetail]:
    """The walk cannot go on by itself: 14 while nothing was removed, 12 after that, 130 for ^C before it."""
    detail = rotation_detail(state, rotation)
    name = rotation.snapshot.name
    if rotation.is_past_no_return:
        status = ExitStatus.ROTATION_OPEN
    else:
        status = ExitStatus.INTERRUPTED if interrupted else ExitStatus.MANUAL
    summary = [f'the rotation of "{name}" stands at {step_text(rotation)}']
    steps = [NextStep(f"vzctl rotations resume {name}", "go on")]
    if detail.portal is not None and detail.next_step is not None:
        summary.append(f"next, by a person: {detail.portal.title}")
        summary += [f"  {line}" for line in detail.portal.lines]
        word = detail.next_step.lower()
        steps = [NextStep(f"vzctl rotations resume {name} --attest {word}", "after you did it")]
    if rotation.direction is Direction.FORWARD:
        steps.append(NextStep(f"vzctl rotations rollback {name}", "or take it back"))
    return Outcome(data=detail, changed=changed, summary=tuple(summary), next_steps=tuple(steps), status=status)


def _rotation(state: State, rotation_id: str) -> Rotation:
    found = next((item for item in state.rotations if item.id == rotation_id), None)
    if found is None:
        raise ConflictError(
            "the rotation is no longer in the state; it was restored or edited meanwhile",
            code="CHANGED_MEANWHILE",
            next_steps=(NextStep("vzctl rotations list", "the rotations there are"),),
        )
    return found


def _unmoved(state: State, rotation: Rotation) -> Rotation:
    """Return the rotation, inside the lock; raise when another process went on with it, or took it back, meanwhile."""
    if _rotation(state, rotation.id) != rotation:
        name = rotation.snapshot.name
        raise ConflictError(
            f'the rotation of "{name}" moved on meanwhile: another process walks it too',
            code="CHANGED_MEANWHILE",
            next_steps=(NextStep(f"vzctl rotations show {name}", "where it stands now"),),
        )
    return rotation


def _credential(state: State, rotation: Rotation) -> Credential:
    credential = state.credential_by_id(rotation.credential)
    assert credential is not None, "an open rotation's credential is in the state: integrity.breakages checks it"
    return credential


def _version(credential: Credential, version_id: str) -> Version:
    version = credential.version(version_id)
    assert version is not None, "an open rotation's versions are in the state: integrity.breakages checks it"
    return version
