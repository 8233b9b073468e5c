"""Walk a rotation from the step it is at to the next one that needs a person, or to its end.

What to do next is decided by looking: at the rotation's row, and at what the store really holds. Every step is written
before the thing it announces, so a crash anywhere leaves a row from which the walk goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vzctl.command import suggest
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
from vzctl.domain.rules import provider_by_id
from vzctl.domain.secret_text import require_usable
from vzctl.domain.state import State
from vzctl.errors import ConflictError, InputRequiredError, RotationOpenError, SecretStoreError, StateError, VzctlError
from vzctl.secret import Secret
from vzctl.usecases.context import Context, SecretSource
from vzctl.usecases.looking import Looking, look_at_step
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotation_end import Stop, finished, stopped
from vzctl.usecases.rotation_view import NOT_SEEN, RotationDetail, StepLook, portal_visit, step_text
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
    """What this walk was given: the secret again, what a person attests, in order, where to stop; and the looks it took."""

    source: SecretSource | None = None
    attests: Sequence[Step] = ()
    replace_secret: bool = False
    skip_test: bool = False
    looking: Looking = field(default_factory=Looking)
    until: Step | None = None
    looks: list[StepLook] = field(default_factory=list)


def walk(context: Context, rotation_id: str, given: Walk) -> Outcome[RotationDetail]:
    """Take every step that can be taken now; the outcome says where the rotation stands.

    Past the point of no return an open rotation is the worst news there is: every failure and ^C then ends as
    `ROTATION_OPEN`, whatever it would have been by itself.
    """
    try:
        outcome = _Walker(context, rotation_id, given, list(given.attests)).walk()
        return replace(outcome, data=replace(outcome.data, looks=tuple(given.looks)))
    except VzctlError as error:
        raise left_open(context, rotation_id, error) from None
    except KeyboardInterrupt:
        left = _left_open(context, rotation_id)
        if left is None or not left.is_past_no_return:
            raise
        state = context.state_file.read()
        return stopped(state, _rotation(state, rotation_id), Stop.INTERRUPTED, changed=True)


def left_open(context: Context, rotation_id: str, error: VzctlError) -> VzctlError:
    """Return the error to end with: it says where the rotation stands, and is a `RotationOpenError` past no return."""
    rotation = None if isinstance(error, RotationOpenError) else _left_open(context, rotation_id)
    if rotation is None or not (rotation.is_past_no_return or isinstance(error, SecretStoreError | StateError)):
        return error
    message = f'{error.message}; the rotation of "{rotation.snapshot.name}" stands at {step_text(rotation)}'
    says_how = any(step.command.path.startswith("rotations ") for step in error.next_steps)
    ways = () if says_how else (suggest("rotations resume", rotation.snapshot.name, comment="go on"),)
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


@dataclass(slots=True)
class _Walker:
    """One walk: what it was given and is not used up yet, and what it did so far."""

    context: Context
    rotation_id: str
    given: Walk
    attests: list[Step]
    has_changed: bool = False
    is_ensured: bool = False
    looked_at: tuple[str, ...] = ()

    def walk(self) -> Outcome[RotationDetail]:
        """Take step after step; return where that ended."""
        while (outcome := self._take_step()) is None:
            pass
        return outcome

    def _take_step(self) -> Outcome[RotationDetail] | None:
        """Do the one thing that is next, decided from the state as it is now; None while there is more to do."""
        context = self.context
        state = context.state_file.read()
        rotation = _rotation(state, self.rotation_id)
        step = machine.next_step(rotation, is_local=state.is_local)
        if step is None:
            if self.attests:
                machine.attested(rotation, self.attests[0], is_local=state.is_local)
            return finished(state, rotation, changed=self.has_changed)
        if context.stop_requested():
            return stopped(state, rotation, Stop.INTERRUPTED, changed=self.has_changed)
        if rotation.direction is Direction.FORWARD and rotation.step is not Step.DROPPING and not self.is_ensured:
            self.has_changed = _ensure_staged(context, state, rotation, self.given) or self.has_changed
            self.is_ensured = True
            return None
        # Of what is attested in one breath only the last can still be seen.
        if not self.attests and self._is_to_look(rotation):
            return self._look(state, rotation)
        if not self.attests and self._is_to_stop(state, rotation):
            return stopped(state, rotation, Stop.AS_WANTED, changed=self.has_changed)
        if step not in machine.PERSON_STEPS:
            _OWN_STEPS[step](context, rotation)
        elif self.attests:
            _attest(context, rotation, self.attests.pop(0))
        elif context.is_interactive and _person_says_done(context, state, rotation, step):
            _attest(context, rotation, step)
        else:
            return stopped(state, rotation, Stop.FOR_A_PERSON, changed=self.has_changed)
        self.has_changed = True
        return None

    def _is_to_look(self, rotation: Rotation) -> bool:
        unseen = machine.to_be_seen(rotation) if self.given.looking.is_wanted else ()
        return bool(unseen) and unseen != self.looked_at

    def _is_to_stop(self, state: State, rotation: Rotation) -> bool:
        until = self.given.until
        return until is not None and machine.has_reached(rotation, until, is_local=state.is_local)

    def _look(self, state: State, rotation: Rotation) -> Outcome[RotationDetail] | None:
        """Look at what was attested last; the walk ends when it is seen not to be in force."""
        looked = look_at_step(self.context, state, rotation, self.given.looking)
        self.given.looks.append(looked)
        current = _rotation(state := self.context.state_file.read(), self.rotation_id)
        self.looked_at = machine.to_be_seen(current)
        self.has_changed = self.has_changed or current != rotation
        if looked.result == NOT_SEEN:
            why = Stop.INTERRUPTED_UNSEEN if self.context.stop_requested() else Stop.NOT_IN_FORCE
            return stopped(state, current, why, changed=self.has_changed)
        return None


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
            next_steps=(suggest("rotations rollback", credential.name, comment="take the rotation back"),),
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
                        suggest(
                            "rotations resume", credential.name, replace_secret=True, comment="take this key instead"
                        ),
                    ),
                )
            return _replace_pending(context, rotation, given, _judged(state, credential, secret))
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


def _replace_pending(context: Context, rotation: Rotation, given: Walk, secret: Secret) -> bool:
    """Take another key than the one the rotation began with: a new version, the old bytes deleted, staged again.

    Until its bytes are gone the replaced version stays on record as held, whatever was recorded of it before.
    """
    if rotation.new_key_used:
        raise RotationOpenError(
            f'the key of "{rotation.snapshot.name}" was put into service already; take the rotation back instead',
            code="ROTATION_OPEN",
            next_steps=(suggest("rotations rollback", rotation.snapshot.name, comment="go back to the old key"),),
        )
    state = context.state_file.read()
    _unmoved(state, rotation)
    test = NOT_TESTED
    if not given.skip_test:
        from vzctl.usecases.new_key import try_new_key  # the network, only for those who use it

        test = try_new_key(context, state, _credential(state, rotation), secret)
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    version = Version(id=context.new_id(), created_at=context.now(), fingerprint=fingerprint)
    with context.state_file.transaction() as transaction:
        current = _unmoved(transaction.state, rotation)
        owner = _credential(transaction.state, current)
        replaced = replace(_version(owner, current.new_version), held=True)
        owner = owner.with_version(replaced).with_version(version)
        is_kept = current.is_past_no_return or current.step is Step.REVOKED
        step = current.step if is_kept else Step.STAGING
        transaction.state = transaction.state.with_credential(replace(owner, pending=version.id)).with_rotation(
            replace(current, new_version=version.id, step=step, test=test)
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
                suggest(
                    "rotations resume", credential.name, secret_stdin=True, comment="the same key, on standard input"
                ),
                suggest("rotations rollback", credential.name, comment="or take the rotation back"),
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


def _rotation(state: State, rotation_id: str) -> Rotation:
    found = next((item for item in state.rotations if item.id == rotation_id), None)
    if found is None:
        raise ConflictError(
            "the rotation is no longer in the state; it was restored or edited meanwhile",
            code="CHANGED_MEANWHILE",
            next_steps=(suggest("rotations list", comment="the rotations there are"),),
        )
    return found


def _unmoved(state: State, rotation: Rotation) -> Rotation:
    """Return the rotation, inside the lock; raise when another process went on with it, or took it back, meanwhile."""
    if _rotation(state, rotation.id) != rotation:
        name = rotation.snapshot.name
        raise ConflictError(
            f'the rotation of "{name}" moved on meanwhile: another process walks it too',
            code="CHANGED_MEANWHILE",
            next_steps=(suggest("rotations show", name, comment="where it stands now"),),
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
