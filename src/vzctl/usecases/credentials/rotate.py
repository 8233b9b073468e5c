"""Begin a rotation: plan, preflight, question, intent. `vzctl.usecases.rotations.runner` runs it from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain import portal
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.masking.redaction import without_secrets
from vzctl.domain.rotation import machine
from vzctl.domain.rules import provider_by_id, require_credential, require_no_rotation
from vzctl.domain.state.records import Credential, Evidence, KeyTest, Rotation, Step, Version
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, ExitStatus, VzctlError
from vzctl.secret import Secret
from vzctl.usecases.change import Plan, Proposal, propose_from
from vzctl.usecases.context import Context, Danger, Question, SecretSource
from vzctl.usecases.credentials.edit import require_slot
from vzctl.usecases.keys.judge import require_new_key
from vzctl.usecases.keys.version import take_secret
from vzctl.usecases.outcome import NOT_BEGUN, Columns, Fault, Notice, Outcome, batch_status
from vzctl.usecases.rotations.runner import RunOptions, VerificationPolicy, require_writable_store, run_rotation
from vzctl.usecases.rotations.view import (
    RotationPlan,
    RotationResult,
    key_test_text,
    plan_lines,
    rotation_plan,
    warning_lines,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateCredential:
    """Give a credential a new key under its own name, scope and dependants."""

    name: str
    source: SecretSource
    skip_test: bool = False
    leaked: bool = False
    revoke_first: bool = False
    minimum_scope: bool = False
    slot: int | None = None
    verification: VerificationPolicy = field(default_factory=VerificationPolicy)
    until: Step | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class NewKey:
    """The new key, and what was found out about it before anything was recorded."""

    secret: Secret
    warnings: tuple[Notice, ...] = ()
    test: KeyTest | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A rotation as it would begin: its row, and the plan that is shown."""

    rotation: Rotation
    plan: RotationPlan


@dataclass(frozen=True, slots=True)
class Preflight:
    """One rotation until it begins: ids and the time are made once, `key` is None until it was read. Nothing is recorded yet.

    `before` is the state as it was read: every plan for another state is compared with the plan for that one.
    """

    context: Context
    request: RotateCredential
    before: State
    rotation_id: str
    version_id: str
    now: datetime
    key: NewKey | None = None

    @classmethod
    def of(cls, context: Context, state: State, request: RotateCredential) -> Preflight:
        """Return the preflight of a rotation that would begin from this state."""
        return cls(context, request, state, context.new_id(), context.new_id(), context.now())

    @property
    def shown(self) -> RotationPlan:
        """The plan for the state as it was read; raise where the rotation cannot begin."""
        return self.plan(self.before).data.plan

    def with_key(self) -> Preflight | None:
        """Read and judge the new key; None when it is the active one already."""
        credential = require_credential(self.before, self.request.name)
        secret, warnings = take_secret(_provider(credential), self.request.source)
        current, salt = credential.current_version, self.before.organization.fingerprint_salt
        if current is not None and current.fingerprint == secret.fingerprint(salt):
            return None
        return replace(self, key=NewKey(secret, (*warnings, *require_new_key(self.before, credential, secret))))

    def tested(self) -> Preflight:
        """Test the new key, unless that is not wanted; raise `ProviderError` for one that does not pass."""
        if self.key is None or self.request.skip_test:
            return self
        from vzctl.usecases.rotations.new_key import try_new_key

        credential = require_credential(self.before, self.request.name)
        test = try_new_key(self.context, self.before, credential, self.version_id, self.key.secret)
        return replace(self, key=replace(self.key, test=test))

    def plan(self, state: State) -> Plan[Planned]:
        """Plan the beginning of the rotation: the intent, before the new key is in the store.

        The basis is all that was shown or tested: the credential as it is, what depends on it, and the plan but for the key, since
        a batch may rotate those that share it.
        """
        key, credential = self.key, _require_rotatable(state, self.request)
        if key is not None:
            require_new_key(state, credential, key.secret)
        version = Version(
            id=self.version_id,
            created_at=self.now,
            fingerprint=key.secret.fingerprint(state.organization.fingerprint_salt) if key is not None else None,
            last_four=key.secret.last_four() if key is not None else None,
        )
        rotation = self._rotation(state, credential)
        begun = replace(credential.with_version(version), pending=version.id)
        unusual = tuple(item.message for item in key.warnings) if key is not None else ()
        plan = replace(rotation_plan(state, begun, rotation, self.now, self._test_text()), warnings=unusual)
        # At a terminal, the user has read the plan before the key was asked for.
        is_shown = key is not None and self.context.is_interactive
        lines = (f"  test          {plan.test}", *warning_lines(plan)) if is_shown else plan_lines(plan)
        danger = Danger.MODERATE if plan.rollback_possible else Danger.SEVERE
        return Plan(
            state=state.with_credential(begun).with_rotation(rotation),
            data=Planned(rotation, plan),
            question=Question(f'Rotate "{credential.name}" now?', credential.name, danger, lines),
            basis=(credential, tuple(state.dependents_of(credential.name)), replace(plan, same_key_elsewhere=())),
            details=(f'begin to rotate "{credential.name}"',),
            subjects=(credential.name,),
        )

    def propose(self) -> Proposal[Planned]:
        """Return what is asked and recorded."""
        return propose_from(self.context, self.before, self.plan)

    def begin(self, proposal: Proposal[Planned]) -> Outcome[RotationResult]:
        """Record the intent, then run the rotation. A ^C until here leaves nothing behind."""
        if self.context.stop_requested():
            raise KeyboardInterrupt
        proposal.commit()
        planned, key, request = proposal.plan.data, self.key, self.request
        assert key is not None, "a rotation begins with a key"
        options = RunOptions(source=lambda: key.secret, verification=request.verification, until=request.until)
        outcome = run_rotation(self.context, planned.rotation, options)
        return Outcome(
            data=RotationResult(planned.plan, outcome.data),
            changed=True,
            summary=outcome.summary,
            warnings=(*key.warnings, *_shared_key(planned.plan), *outcome.warnings),
            next_steps=outcome.next_steps,
            status=outcome.status,
        )

    def _rotation(self, state: State, credential: Credential) -> Rotation:
        request, snapshot = self.request, machine.snapshot_of(state, credential)
        rotation = Rotation(
            id=self.rotation_id,
            credential=credential.id,
            step=Step.STAGING,
            snapshot=snapshot,
            started_at=self.now,
            host=self.context.host,
            old_version=credential.current,
            new_version=self.version_id,
            databases=snapshot.needed_databases if request.minimum_scope else snapshot.databases,
            leaked=request.leaked,
            revoke_first=request.leaked and request.revoke_first,
            key_test=self.key.test if self.key is not None else None,
            new_slot=_new_slot(credential, request.slot),
            group_size=None if state.is_local else portal.group_size(),
        )
        if request.until is not None:
            machine.require_on_route(rotation, request.until, is_local=state.is_local)
        return machine.arrived(rotation, Step.STAGING, self.now)

    def _test_text(self) -> str:
        if self.request.skip_test:
            return "new key not tested (--skip-test)"
        if self.key is None:
            return "the new key is tested first, at its provider and through one dependant; --skip-test leaves that out"
        return f"the new key was {key_test_text(self.key.test)}"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """The result of one credential of a batch; `code` is an exit status' name, an error's code, or `NOT_STARTED`."""

    name: str
    code: str
    exit_code: int
    message: str
    changed: bool
    fault: Fault | None
    rotation: RotationResult | None

    columns: ClassVar[Columns] = (("NAME", "name"), ("CODE", "code"), ("EXIT", "exit_code"), ("RESULT", "message"))

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to go on with its rotation."""
        detail = self.rotation.rotation if self.rotation is not None else None
        return detail is not None and detail.rotation.is_open


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One result a credential, in the order of the file; those after a failure are `NOT_STARTED`."""

    items: tuple[BatchItem, ...]


def rotate_credential(context: Context, request: RotateCredential) -> Outcome[RotationResult]:
    """Rotate one credential as far as vzctl can; a person's steps end it with `MANUAL` or `ROTATION_OPEN`."""
    context.require_writable()
    preflight = Preflight.of(context, context.state_store.read(), request)
    plan = preflight.shown
    require_writable_store(context)
    if request.dry_run:
        return Outcome(data=RotationResult(plan, None), summary=plan_lines(plan))
    context.store().probe()
    if context.is_interactive:
        # A person reads what will happen before the key is asked for.
        context.present(plan_lines(plan))
    with_key = preflight.with_key()
    if with_key is None:
        nothing = f'"{plan.credential}" holds this key already: nothing to do'
        return Outcome(data=RotationResult(plan, None), summary=(nothing,))
    tested = with_key.tested()
    proposal = tested.propose()
    proposal.ask()
    return tested.begin(proposal)


def rotate_batch(context: Context, requests: Sequence[RotateCredential]) -> Outcome[BatchResult]:
    """Rotate several: every preflight first, one question, then one by one until the first error."""
    context.require_writable()
    state = context.state_store.read()
    names = [request.name for request in requests]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConflictError(f'"{twice}" is in the batch twice', code="BATCH_DUPLICATE")
    preflights = [Preflight.of(context, state, request) for request in requests]
    plans = [item.shown for item in preflights]
    require_writable_store(context)
    if any(request.dry_run for request in requests):
        return _batch_plan(plans)
    context.store().probe()
    with_keys = [item.with_key() for item in preflights]
    tested = [item.tested() if item is not None else None for item in with_keys]
    ready = {
        name: (item, item.propose()) if item is not None else None for name, item in zip(names, tested, strict=True)
    }
    to_do = [item[1].plan.data.plan for item in ready.values() if item is not None]
    if to_do:
        lines = tuple(line for plan in to_do for line in plan_lines(plan))
        danger = Danger.MODERATE if all(plan.rollback_possible for plan in to_do) else Danger.SEVERE
        context.confirm(Question(f"Rotate {len(to_do)} credentials?", str(len(to_do)), danger, lines))
    return _run_batch(context, ready)


def _batch_plan(plans: Sequence[RotationPlan]) -> Outcome[BatchResult]:
    rows = [
        BatchItem(
            plan.credential, "OK", 0, "would rotate", changed=False, fault=None, rotation=RotationResult(plan, None)
        )
        for plan in plans
    ]
    lines = tuple(line for plan in plans for line in plan_lines(plan))
    return Outcome(data=BatchResult(tuple(rows)), summary=lines)


def _run_batch(
    context: Context, ready: Mapping[str, tuple[Preflight, Proposal[Planned]] | None]
) -> Outcome[BatchResult]:
    items: list[BatchItem] = []
    outcomes: list[Outcome[RotationResult]] = []
    failed: VzctlError | None = None
    for name, item in ready.items():
        if item is None:
            items.append(
                BatchItem(name, "OK", 0, "it holds this key already", changed=False, fault=None, rotation=None)
            )
        elif failed is not None:
            items.append(_not_begun(name, ExitStatus.PARTIAL, "an earlier item failed"))
        elif context.stop_requested():
            items.append(_not_begun(name, ExitStatus.INTERRUPTED, "interrupted before it was begun"))
        else:
            writes = context.state_store.write_count
            try:
                preflight, proposal = item
                outcome = preflight.begin(proposal)
            except VzctlError as error:
                failed = error
                wrote = context.state_store.write_count > writes
                fault, message = Fault.of(error), without_secrets(error.message)
                items.append(BatchItem(name, error.code, error.exit_status, message, wrote, fault, None))
                continue
            outcomes.append(outcome)
            code, message = outcome.status.name, outcome.summary[0]
            items.append(BatchItem(name, code, outcome.status, message, True, None, outcome.data))
    done = sum(item.code == "OK" and not item.is_open for item in items)
    left_open = sum(item.is_open for item in items)
    steps = failed.next_steps if failed is not None else [step for item in outcomes for step in item.next_steps]
    return Outcome(
        data=BatchResult(tuple(items)),
        changed=any(item.changed for item in items),
        summary=(
            *(f"{item.name}: {item.code.lower()}: {item.message}" for item in items),
            f"{done} of {len(items)} done" + (f", {left_open} still open" if left_open else ""),
        ),
        warnings=tuple(dict.fromkeys(notice for item in outcomes for notice in item.warnings)),
        next_steps=tuple(steps[:10]),
        status=batch_status((item.exit_code for item in items), failed),
    )


def _not_begun(name: str, exit_status: ExitStatus, message: str) -> BatchItem:
    return BatchItem(name, "NOT_STARTED", exit_status, message, changed=False, fault=NOT_BEGUN, rotation=None)


def _require_rotatable(state: State, request: RotateCredential) -> Credential:
    """Check what needs no secret: the request, the credential, its rotation, and its slot."""
    request.verification.require_possible()
    credential = require_credential(state, request.name)
    require_no_rotation(state, credential)
    if credential.current is None:
        raise ConflictError(
            f'"{credential.name}" has no key yet: adding it was interrupted',
            code="CREDENTIAL_INCOMPLETE",
            next_steps=(
                suggest("credentials add", credential.name, provider=credential.provider, comment="finish it"),
            ),
        )
    if credential.evidence is Evidence.WANTED:
        raise ConflictError(
            f'"{credential.name}" is not at Astra yet: a person has to add it at the Portal first',
            code="CREDENTIAL_WANTED",
            next_steps=(suggest("pending list", comment="the steps that are left"),),
        )
    if credential.removal_wanted_at is not None:
        raise ConflictError(
            f'the removal of "{credential.name}" is waiting for a person',
            code="REMOVAL_PENDING",
            next_steps=(suggest("pending list", comment="confirm or drop it"),),
        )
    if request.slot is not None:
        require_slot(credential.provider, request.slot)
    return credential


def _new_slot(credential: Credential, slot: int | None) -> int | None:
    """Return the slot of the new key: an Azure resource has two, the new key is in the one not in use."""
    if slot is not None or credential.slot is None:
        return slot
    return 2 if credential.slot == 1 else 1


def _shared_key(plan: RotationPlan) -> tuple[Notice, ...]:
    return tuple(
        Notice("SAME_KEY_ELSEWHERE", f'"{name}" still holds the old key: rotate it too before you revoke the key', name)
        for name in plan.same_key_elsewhere
    )


def _provider(credential: Credential) -> Provider:
    provider = provider_by_id(credential.provider)
    if provider is None:
        raise ConflictError(
            f'"{credential.name}" belongs to "{credential.provider}", which is no provider of the catalogue',
            code="PROVIDER_UNKNOWN",
            next_steps=(suggest("providers list", comment="the providers that are known"),),
        )
    return provider
