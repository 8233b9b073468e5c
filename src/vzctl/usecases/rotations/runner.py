"""Run a rotation from the step it is at to the next manual step, or to its end: one that begins, is resumed, or is rolled back.

The rotation's row and what the store really holds decide what is next. Every step is written before the thing it announces, so a
crash anywhere leaves a row from which the rotation can be resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vzctl.command import NextStep, suggest
from vzctl.domain.catalog.secret_text import require_usable
from vzctl.domain.rotation import machine
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.deletion import needed_versions, with_deletions
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Direction, Rotation, Step, Version
from vzctl.domain.state.revocation import is_marked_revoked, is_revoked, is_spoiled
from vzctl.domain.state.state import State
from vzctl.errors import (
    ConflictError,
    InputRequiredError,
    RotationOpenError,
    SecretStoreError,
    StateError,
    UsageError,
    VzctlError,
)
from vzctl.secret import Secret
from vzctl.store.state_store import Written
from vzctl.usecases.change import Plan, changed_meanwhile
from vzctl.usecases.context import Context, SecretSource
from vzctl.usecases.keys.delete import finish_and_tell
from vzctl.usecases.keys.judge import require_new_key
from vzctl.usecases.keys.version import delete_written, require_recorded, set_held, store_item, write_secret
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotations.end import Stop, finished, stopped
from vzctl.usecases.rotations.view import (
    RotationDetail,
    StepVerification,
    VerificationResult,
    key_test_text,
    outage_lines,
    portal_visit,
    step_text,
)

DEFAULT_WAIT_SECONDS: Final = 120.0
LONGEST_WAIT_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class VerificationPolicy:
    """Whether vzctl verifies a manual step before it offers the next, and how many seconds it waits for the step to be in force."""

    is_wanted: bool = True
    wait_seconds: float = DEFAULT_WAIT_SECONDS

    def require_possible(self) -> None:
        """Raise `UsageError` for a time that is none."""
        if not 0 <= self.wait_seconds <= LONGEST_WAIT_SECONDS:
            raise UsageError("--wait takes seconds from 0, at most a day", code="USAGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a run is given: the secret again, what the user attests, in order, and where to stop.

    The requests to resume and to roll back a rotation extend it.
    """

    source: SecretSource | None = None
    attests: Sequence[Step] = ()
    replace_secret: bool = False
    skip_test: bool = False
    verification: VerificationPolicy = field(default_factory=VerificationPolicy)
    until: Step | None = None


def run_rotation(context: Context, rotation: Rotation, options: RunOptions) -> Outcome[RotationDetail]:
    """Take every step that can be taken now; the outcome says where the rotation stands.

    `rotation` is the row that the user was shown: when it is another one by now, nothing is done.

    Past the point of no return an open rotation is the worst news there is: every failure and ^C then ends as
    `ROTATION_OPEN`, whatever it would have been by itself.
    """
    try:
        return _RotationRunner(context, rotation, options, list(options.attests)).run()
    except VzctlError as error:
        raise left_open(context, rotation.id, error) from None
    except KeyboardInterrupt:
        left = _left_open(context, rotation.id)
        if left is None or not left.is_past_no_return:
            raise
        state = context.state_store.read()
        return stopped(state, find_rotation(state, rotation.id), Stop.INTERRUPTED, changed=True)


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
    return error.replace(message=message, next_steps=steps)


def _left_open(context: Context, rotation_id: str) -> Rotation | None:
    """Return the rotation when somebody still has to finish it, as far as the state can still be read."""
    try:
        rotation = find_rotation(context.state_store.read(), rotation_id)
    except VzctlError:
        return None
    return rotation if rotation.is_open else None


@dataclass(slots=True)
class _RotationRunner:
    """One run: the row as this command saw or wrote it last, what it was given and is not used up yet, and what it did."""

    context: Context
    rotation: Rotation
    options: RunOptions
    attests: list[Step]
    has_changed: bool = False
    is_ensured: bool = False
    verifications: list[StepVerification] = field(default_factory=list)
    verified: tuple[str, ...] = ()

    def run(self) -> Outcome[RotationDetail]:
        """Take step after step; return where that ended."""
        while (outcome := self._take_step()) is None:
            pass
        return replace(outcome, data=replace(outcome.data, looks=tuple(self.verifications)))

    def _take_step(self) -> Outcome[RotationDetail] | None:
        """Do the one thing that is next, decided from the state as it is now; None while there is more to do."""
        context = self.context
        state = context.state_store.read()
        rotation = self._unchanged(state)
        step = machine.next_step(rotation, is_local=state.is_local)
        if step is None:
            if self.attests:
                machine.attested(rotation, self.attests[0], context.now(), is_local=state.is_local)
            return finished(state, rotation, changed=self.has_changed)
        if context.stop_requested():
            return stopped(state, rotation, Stop.INTERRUPTED, changed=self.has_changed)
        if rotation.direction is Direction.FORWARD and rotation.step is not Step.DROPPING and not self.is_ensured:
            self._ensure_staged(state, rotation, self.options)
            self.is_ensured = True
            return None
        # Of what is attested in one breath only the last can still be seen.
        if not self.attests and self._is_to_verify(rotation):
            return self._verify(state, rotation)
        if not self.attests and self._is_to_stop(state, rotation):
            return stopped(state, rotation, Stop.AS_WANTED, changed=self.has_changed)
        if step not in machine.PERSON_STEPS:
            self._take_own_step(state, rotation, step)
        elif self.attests:
            self._attest(state, rotation, self.attests.pop(0))
        elif context.is_interactive and _user_says_done(context, state, rotation, step):
            self._attest(state, rotation, step)
        else:
            return stopped(state, rotation, Stop.FOR_A_PERSON, changed=self.has_changed)
        return None

    def _unchanged(self, state: State) -> Rotation:
        """Return the rotation; raise when another process went on with it, unless it is at the end that is wanted here."""
        current = find_rotation(state, self.rotation.id)
        if current != self.rotation:
            is_dropped = self.rotation.step is Step.DROPPING or self.rotation.direction is Direction.BACK
            if current.step is not (Step.ROLLED_BACK if is_dropped else Step.DONE):
                raise moved_on(current)
            self.rotation = current
        return current

    def _is_to_verify(self, rotation: Rotation) -> bool:
        unseen = machine.to_be_seen(rotation) if self.options.verification.is_wanted else ()
        return bool(unseen) and unseen != self.verified

    def _is_to_stop(self, state: State, rotation: Rotation) -> bool:
        until = self.options.until
        return until is not None and machine.has_reached(rotation, until, is_local=state.is_local)

    def _verify(self, state: State, rotation: Rotation) -> Outcome[RotationDetail] | None:
        """Verify what was attested last, and record what is in force; the run ends where it is seen not to be."""
        from vzctl.usecases.rotations.verify_step import verify_step

        context = self.context
        found = verify_step(context, state, rotation, self.options.verification.wait_seconds)
        shown = f"{found.shown.step}: {found.shown.result}"
        context.tell(f"{shown}: {found.shown.detail}")
        self.verifications.append(found.shown)
        if found.seen:
            name, after = rotation.snapshot.name, machine.verified(rotation, found.seen, context.now())

            def plan(current: State) -> Plan[None]:
                if rotation not in current.rotations:
                    raise changed_meanwhile(name)
                details = (f'"{name}": {shown}: {found.recorded}',)
                return Plan(state=current.with_rotation(after), data=None, details=details, subjects=(name,))

            context.state_store.update(plan)
            self.rotation, self.has_changed = after, True
        self.verified = machine.to_be_seen(self.rotation)
        if found.shown.result != VerificationResult.NOT_SEEN:
            return None
        why = Stop.INTERRUPTED_UNSEEN if context.stop_requested() else Stop.NOT_IN_FORCE
        return stopped(context.state_store.read(), self.rotation, why, changed=self.has_changed)

    def _write(self, seen: State, change: Callable[[State], State], details: str) -> None:
        written = write_step(self.context, seen, self.rotation, change, details)
        self.rotation = find_rotation(written.after, self.rotation.id)
        self.has_changed = self.has_changed or written.changed

    def _take_own_step(self, seen: State, rotation: Rotation, step: Step) -> None:
        """Take a step that needs no manual work; its time and the id it may need are made once."""
        name, now, entry_id = rotation.snapshot.name, self.context.now(), self.context.new_id()

        def change(state: State) -> State:
            if step is Step.ROLLED_BACK:
                return machine.finish_back(state, rotation, now, lambda: entry_id)
            if step is Step.DONE:
                return machine.finish_forward(state, rotation, now, lambda: entry_id)
            return state.with_rotation(machine.arrived(rotation, step, now))

        details = {
            Step.ROLLED_BACK: f'"{name}" is back at its old key',
            Step.DONE: f'"{name}" removed and recreated under the same name with the new key, scope kept',
            Step.TESTED: f'"{name}": the new key was {key_test_text(rotation.key_test)}',
        }
        self._write(seen, change, details.get(step, f'"{name}": going back'))
        if step is Step.ROLLED_BACK:
            # A key that was in service stays: the revocations list keeps it.
            finish_and_tell(self.context, [rotation.new_version])

    def _attest(self, seen: State, rotation: Rotation, step: Step) -> None:
        after = machine.attested(rotation, step, self.context.now(), is_local=seen.is_local)
        details = f'"{rotation.snapshot.name}": the user attested {step_text(after)}'
        self._write(seen, lambda state: state.with_rotation(after), details)

    def _ensure_staged(self, state: State, rotation: Rotation, options: RunOptions) -> None:
        """Make sure that the store holds the pending bytes, whatever was recorded.

        They are asked for again when a crash came before they were written, or when this is another machine.
        """
        context = self.context
        credential = machine.owner_of(state, rotation)
        version = _version(credential, rotation.new_version)
        if not options.replace_secret:
            _require_unspoiled(state, rotation)
        is_there = _is_in_store(context, state, credential, version, options)
        if not is_there or options.replace_secret:
            if context.is_interactive and options.source is not None:
                context.present(outage_lines(state, rotation))
            secret = _secret_again(state, rotation, credential, options)
            if not _is_recorded(state, credential, version, secret, options):
                self._replace_pending(state, rotation, _judged(state, credential, secret))
                return
            _require_unspoiled(state, rotation)
            if not is_there:
                require_writable_store(context)
                write_secret(context, credential.id, version.id, secret)
        if rotation.step is not Step.STAGING and version.held:
            return
        now = context.now()

        def staged(state: State) -> State:
            after = set_held(state, credential.id, [version.id], held=True)
            return after.with_rotation(
                machine.arrived(rotation, Step.STAGED, now) if rotation.step is Step.STAGING else rotation
            )

        try:
            self._write(state, staged, f'staged the new key of "{credential.name}"')
        except ConflictError:
            if version.id not in needed_versions(context.state_store.read()):
                # Whoever rolled the rotation back may have deleted the secret before it was stored here.
                delete_written(context, credential.id, version.id)
            raise

    def _replace_pending(self, state: State, rotation: Rotation, secret: Secret) -> None:
        """Take another key than the one the rotation began with: a new version, the replaced one deleted, staged again."""
        context = self.context
        credential = machine.owner_of(state, rotation)
        if rotation.new_key_used:
            raise RotationOpenError(
                f'the key of "{rotation.snapshot.name}" was put into service already; take the rotation back instead',
                code="ROTATION_OPEN",
                next_steps=_ways_back(state, rotation, "go back to the old key"),
            )
        version_id, test = context.new_id(), None
        if not self.options.skip_test:
            from vzctl.usecases.rotations.new_key import try_new_key

            test = try_new_key(context, state, credential, version_id, secret)
        tested_with = state.dependents_of(credential.name)
        fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
        version = Version(
            id=version_id, created_at=context.now(), fingerprint=fingerprint, last_four=secret.last_four()
        )

        def replaced(now: State) -> State:
            owner = machine.owner_of(now, rotation)
            if now.dependents_of(owner.name) != tested_with:
                raise moved_on(rotation)
            _judged(now, owner, secret)
            owner = replace(owner.with_version(version), pending=version.id)
            is_kept = rotation.is_past_no_return or rotation.step is Step.REVOKED
            step = rotation.step if is_kept else Step.STAGING
            after = now.with_credential(owner).with_rotation(
                replace(rotation, new_version=version.id, step=step, key_test=test)
            )
            return with_deletions(after, owner.id, [rotation.new_version], version.created_at)

        self._write(state, replaced, f'replaced the staged key of "{credential.name}"')
        finish_and_tell(context, [rotation.new_version])
        state = context.state_store.read()
        self._ensure_staged(state, self._unchanged(state), RunOptions(source=lambda: secret))


def write_step(
    context: Context, seen: State, rotation: Rotation, change: Callable[[State], State], details: str
) -> Written[Plan[None]]:
    """Write one step under the guard; raise when what it rests on is not what was seen, and nothing is written.

    `seen` is the state that was shown, asked about, or tested before.
    """
    basis = step_basis(seen, rotation.id)

    def plan(state: State) -> Plan[None]:
        if step_basis(state, rotation.id) != basis:
            raise moved_on(find_rotation(state, rotation.id))
        return Plan(state=change(state), data=None, details=(details,), subjects=(rotation.snapshot.name,))

    return context.state_store.update(plan)


def require_writable_store(context: Context) -> None:
    """Raise `SecretStoreError` when the configured store cannot keep a new key."""
    store = context.store()
    if not store.writable:
        raise SecretStoreError(
            f'the secret store "{store.name}" is only read: a rotation needs one that can be written (keyring, exec or file)',
            code="SECRET_STORE_READ_ONLY",
            next_steps=(suggest("help", "environment", comment="VZCTL_SECRET_STORE and [secrets] choose the store"),),
        )


def step_basis(state: State, rotation_id: str) -> Hashable:
    """Return what a step of a rotation rests on: its row, and what its credential and its two keys are."""
    rotation = find_rotation(state, rotation_id)
    credential = state.credential_by_id(rotation.credential)
    if credential is None:
        return (rotation, None)
    return (
        rotation,
        (credential.name, credential.provider, credential.current, credential.pending, credential.previous),
        (credential.key_set_at, credential.slot, credential.removal_wanted_at, credential.scope),
        tuple(credential.version(item) for item in (rotation.old_version, rotation.new_version)),
        tuple(is_spoiled(state, item) for item in (rotation.old_version, rotation.new_version)),
    )


def _is_in_store(context: Context, state: State, credential: Credential, version: Version, options: RunOptions) -> bool:
    """Whether the store gives out the recorded bytes.

    Until they are on record as held, a crash may have left anything there: half of them, or an empty item of a program
    that was given nothing. Then they are written again, if they are at hand.
    """
    try:
        secret = context.store().read(store_item(state, credential, version.id))
        if secret is not None:
            require_recorded(state, credential.name, version, secret)
    except SecretStoreError as error:
        can_be_written = options.source is not None or error.code == "SECRET_DIFFERS"
        if options.replace_secret or (can_be_written and not version.held):
            return False
        raise
    return secret is not None


def _secret_again(state: State, rotation: Rotation, credential: Credential, options: RunOptions) -> Secret:
    if options.source is None:
        raise InputRequiredError(
            f'the new key of "{credential.name}" is not held here; hand it in again',
            code="SECRET_NEEDED_AGAIN",
            next_steps=(
                suggest(
                    "rotations resume", credential.name, secret_stdin=True, comment="the same key, on standard input"
                ),
                *_ways_back(state, rotation, "or take the rotation back"),
            ),
        )
    return options.source()


def _is_recorded(state: State, credential: Credential, version: Version, secret: Secret, options: RunOptions) -> bool:
    """Whether this is the key that the rotation began with; raise `ConflictError` when no other one is wanted."""
    if secret.fingerprint(state.organization.fingerprint_salt) == version.fingerprint:
        return True
    if options.replace_secret:
        return False
    raise ConflictError(
        f'this is not the key that the rotation of "{credential.name}" began with',
        code="SECRET_DIFFERS",
        next_steps=(
            suggest("rotations resume", credential.name, replace_secret=True, comment="take this key instead"),
        ),
    )


def _require_unspoiled(state: State, rotation: Rotation) -> None:
    """Raise `ConflictError` for a new key that was revoked or compromised since the rotation began, for any credential.

    Where the key is in service already, the rotation is finished: then the next one can begin.
    """
    name, version_id = rotation.snapshot.name, rotation.new_version
    if not (is_marked_revoked if rotation.new_key_used else is_spoiled)(state, version_id):
        return
    is_gone = is_revoked(state, version_id)
    again = suggest("rotations resume", name, replace_secret=True, comment="take another new key")
    raise ConflictError(
        f'the new key of "{name}" {"was revoked at its provider" if is_gone else "is compromised"}',
        code="SECRET_REVOKED" if is_gone else "SECRET_COMPROMISED",
        next_steps=(
            *(() if rotation.new_key_used else (again,)),
            *_ways_back(state, rotation, "roll the rotation back"),
        ),
    )


def _ways_back(state: State, rotation: Rotation, comment: str) -> tuple[NextStep, ...]:
    """Return the rollback, where there is one."""
    if machine.reversible(state, rotation) is machine.Reversible.NO:
        return ()
    return (suggest("rotations rollback", rotation.snapshot.name, comment=comment),)


def _judged(state: State, credential: Credential, secret: Secret) -> Secret:
    """Return the key when it may take the place of the staged one: what `credentials rotate` asks of a key."""
    provider = provider_by_id(credential.provider)
    if provider is not None:
        require_usable(provider, secret)
    require_new_key(state, credential, secret)
    return secret


def _user_says_done(context: Context, state: State, rotation: Rotation, step: Step) -> bool:
    visit = portal_visit(Index(state), rotation, step)
    lines = (*outage_lines(state, rotation), *visit.lines)
    return context.ask_done(f"{step_text(rotation)} → {step.value}: {visit.title}", lines)


def find_rotation(state: State, rotation_id: str) -> Rotation:
    """Return the rotation; raise `ConflictError` when a restore or an edit took it away meanwhile."""
    found = next((item for item in state.rotations if item.id == rotation_id), None)
    if found is None:
        raise ConflictError(
            "the rotation is no longer in the state; it was restored or edited meanwhile",
            code="CHANGED_MEANWHILE",
            next_steps=(suggest("rotations list", comment="the rotations there are"),),
        )
    return found


def moved_on(rotation: Rotation) -> ConflictError:
    """Return the error for a rotation that is not what was shown; nothing was written."""
    name = rotation.snapshot.name
    return ConflictError(
        f'the rotation of "{name}", or its credential, changed while this command was waiting: nothing more was written',
        code="CHANGED_MEANWHILE",
        retryable=True,
        next_steps=(suggest("rotations show", name, comment="where it stands now"),),
    )


def _version(credential: Credential, version_id: str) -> Version:
    version = credential.version(version_id)
    assert version is not None, "an open rotation's versions are in the state: integrity.breakages checks it"
    return version
