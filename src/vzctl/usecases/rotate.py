"""Begin a rotation: plan, preflight, question, intent. The walk itself is in `vzctl.usecases.walk`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain import rotation as machine
from vzctl.domain.provider import Provider
from vzctl.domain.records import Credential, Evidence, Rotation, Step, Version
from vzctl.domain.redaction import without_secrets
from vzctl.domain.rules import provider_by_id, require_credential, require_no_rotation
from vzctl.domain.state import State
from vzctl.errors import ConflictError, ExitStatus, SecretStoreError, VzctlError
from vzctl.secret import Secret
from vzctl.usecases.context import Context, Danger, Question, SecretSource
from vzctl.usecases.credential import require_slot
from vzctl.usecases.looking import Looking
from vzctl.usecases.outcome import NOT_BEGUN, Columns, Fault, Notice, Outcome, batch_status
from vzctl.usecases.rotation_view import RotationPlan, RotationResult, plan_lines, rotation_plan
from vzctl.usecases.secret_version import require_new_key, take_secret
from vzctl.usecases.walk import Walk, walk


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
    looking: Looking = field(default_factory=Looking)
    until: Step | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rotation whose preflight passed: nothing is recorded yet."""

    request: RotateCredential
    credential: Credential
    rotation: Rotation
    version: Version
    secret: Secret
    plan: RotationPlan
    warnings: tuple[Notice, ...]


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
    state = context.state_file.read()
    credential = _rotatable(context, state, request)
    if request.dry_run:
        plan = _plan(context, state, request, _planned(context, state, credential, request), None)
        return Outcome(data=RotationResult(plan, None), summary=plan_lines(plan))
    context.store().probe()
    if context.is_interactive:
        # A person reads what will happen before the key is asked for.
        plan = rotation_plan(context, state, credential, _planned(context, state, credential, request), None)
        context.present(plan_lines(plan))
    prepared = prepare(context, state, request)
    if prepared is None:
        return _nothing_to_do(context, state, credential, request)
    prepared = _tried(context, state, prepared)
    lines = (f"  test          {prepared.plan.test}",) if context.is_interactive else plan_lines(prepared.plan)
    context.confirm(_question(prepared.plan, lines=lines))
    return _start(context, prepared)


def rotate_batch(context: Context, requests: Sequence[RotateCredential]) -> Outcome[BatchResult]:
    """Rotate several: every preflight first, one question, then one by one until the first error."""
    context.require_writable()
    state = context.state_file.read()
    names = [request.name for request in requests]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConflictError(f'"{twice}" is in the batch twice', code="BATCH_DUPLICATE")
    credentials = [_rotatable(context, state, request) for request in requests]
    if any(request.dry_run for request in requests):
        return _batch_plan(context, state, list(zip(requests, credentials, strict=True)))
    context.store().probe()
    read = {request.name: prepare(context, state, request) for request in requests}
    prepared = {name: _tried(context, state, item) if item is not None else None for name, item in read.items()}
    to_do = [item for item in prepared.values() if item is not None]
    if to_do:
        lines = tuple(line for item in to_do for line in plan_lines(item.plan))
        danger = Danger.MODERATE if all(item.plan.rollback_possible for item in to_do) else Danger.SEVERE
        context.confirm(Question(f"Rotate {len(to_do)} credentials?", str(len(to_do)), danger, lines))
    return _run_batch(context, prepared)


def _batch_plan(
    context: Context, state: State, items: Sequence[tuple[RotateCredential, Credential]]
) -> Outcome[BatchResult]:
    rows: list[BatchItem] = []
    lines: list[str] = []
    for request, credential in items:
        plan = _plan(context, state, request, _planned(context, state, credential, request), None)
        result = RotationResult(plan, None)
        rows.append(BatchItem(request.name, "OK", 0, "would rotate", changed=False, fault=None, rotation=result))
        lines += plan_lines(plan)
    return Outcome(data=BatchResult(tuple(rows)), summary=tuple(lines))


def prepare(context: Context, state: State, request: RotateCredential) -> Prepared | None:
    """Read and judge the new key; None when it is the current one already. Nothing is written."""
    credential = require_credential(state, request.name)
    secret, warnings = take_secret(_provider(credential), request.source)
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    current = credential.current_version
    if current is not None and current.fingerprint == fingerprint:
        return None
    require_new_key(state, credential, secret)
    rotation = _planned(context, state, credential, request)
    version = Version(id=rotation.new_version, created_at=context.now(), fingerprint=fingerprint)
    plan = _plan(context, state, request, rotation, fingerprint)
    return Prepared(request, credential, rotation, version, secret, plan, warnings)


def _start(context: Context, prepared: Prepared) -> Outcome[RotationResult]:
    """Record the intent, then walk. A ^C until here leaves nothing behind."""
    if context.stop_requested():
        raise KeyboardInterrupt
    with context.state_file.transaction() as transaction:
        credential = require_credential(transaction.state, prepared.credential.name)
        require_no_rotation(transaction.state, credential)
        if credential != prepared.credential:
            raise ConflictError(
                f'"{credential.name}" changed while you were asked; look again',
                code="CHANGED_MEANWHILE",
                next_steps=(suggest("credentials rotate", credential.name, dry_run=True, comment="the plan now"),),
            )
        credential = replace(credential.with_version(prepared.version), pending=prepared.version.id)
        transaction.state = transaction.state.with_credential(credential).with_rotation(prepared.rotation)
        transaction.describe(f'begin to rotate "{credential.name}"', subjects=(credential.name,))
    request = prepared.request
    given = Walk(source=lambda: prepared.secret, looking=request.looking, until=request.until)
    outcome = walk(context, prepared.rotation.id, given)
    return Outcome(
        data=RotationResult(prepared.plan, outcome.data),
        changed=True,
        summary=outcome.summary,
        warnings=(*prepared.warnings, *_shared_key(prepared.plan), *outcome.warnings),
        next_steps=outcome.next_steps,
        status=outcome.status,
    )


def _run_batch(context: Context, prepared: dict[str, Prepared | None]) -> Outcome[BatchResult]:
    items: list[BatchItem] = []
    outcomes: list[Outcome[RotationResult]] = []
    failed: VzctlError | None = None
    for name, item in prepared.items():
        if item is None:
            items.append(
                BatchItem(name, "OK", 0, "it holds this key already", changed=False, fault=None, rotation=None)
            )
        elif failed is not None:
            items.append(_not_begun(name, ExitStatus.PARTIAL, "an earlier item failed"))
        elif context.stop_requested():
            items.append(_not_begun(name, ExitStatus.INTERRUPTED, "interrupted before it was begun"))
        else:
            writes = context.state_file.write_count
            try:
                outcome = _start(context, item)
            except VzctlError as error:
                failed = error
                wrote = context.state_file.write_count > writes
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


def _rotatable(context: Context, state: State, request: RotateCredential) -> Credential:
    """Check what needs no secret: the request, the credential, its rotation, its slot, and that the store can be written."""
    request.looking.require_possible()
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
    store = context.store()
    if not store.writable:
        raise SecretStoreError(
            f'the secret store "{store.name}" is only read: a rotation needs one that can be written (keyring, exec or file)',
            code="SECRET_STORE_READ_ONLY",
            next_steps=(suggest("help", "environment", comment="VZCTL_SECRET_STORE and [secrets] choose the store"),),
        )
    if request.until is not None:
        planned = _planned(context, state, credential, request)
        machine.require_on_route(planned, request.until, is_local=state.is_local)
    return credential


def _planned(context: Context, state: State, credential: Credential, request: RotateCredential) -> Rotation:
    snapshot = machine.snapshot_of(state, credential)
    return Rotation(
        id=context.new_id(),
        credential=credential.id,
        step=Step.STAGING,
        snapshot=snapshot,
        started_at=context.now(),
        host=context.host,
        old_version=credential.current,
        new_version=context.new_id(),
        databases=snapshot.needed_databases if request.minimum_scope else snapshot.databases,
        leaked=request.leaked,
        revoke_first=request.leaked and request.revoke_first,
        new_slot=_new_slot(credential, request.slot),
    )


def _new_slot(credential: Credential, slot: int | None) -> int | None:
    """Return the slot of the new key: an Azure resource has two, the new key is in the one not in use."""
    if slot is not None or credential.slot is None:
        return slot
    return 2 if credential.slot == 1 else 1


def _plan(
    context: Context, state: State, request: RotateCredential, rotation: Rotation, fingerprint: str | None
) -> RotationPlan:
    """Return the plan, which says that there is no test when none is wanted."""
    plan = rotation_plan(context, state, require_credential(state, request.name), rotation, fingerprint)
    return replace(plan, test="none: --skip-test was given") if request.skip_test else plan


def _tried(context: Context, state: State, prepared: Prepared) -> Prepared:
    """Test the new key before anything is recorded, unless that is not wanted; the plan then says what was seen."""
    if prepared.request.skip_test:
        return prepared
    from vzctl.usecases.new_key import try_new_key  # the network, only for those who use it

    words = try_new_key(context, state, prepared.credential, prepared.secret)
    rotation = replace(prepared.rotation, test=words)
    return replace(prepared, rotation=rotation, plan=replace(prepared.plan, test=f"the new key was {words}"))


def _question(plan: RotationPlan, *, lines: Sequence[str]) -> Question:
    danger = Danger.MODERATE if plan.rollback_possible else Danger.SEVERE
    return Question(f'Rotate "{plan.credential}" now?', plan.credential, danger, lines)


def _nothing_to_do(
    context: Context, state: State, credential: Credential, request: RotateCredential
) -> Outcome[RotationResult]:
    plan = _plan(context, state, request, _planned(context, state, credential, request), None)
    return Outcome(
        data=RotationResult(plan, None), summary=(f'"{credential.name}" holds this key already: nothing to do',)
    )


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
