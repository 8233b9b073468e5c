"""Add several credentials from a file: checked whole first, then one by one until the first error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vzctl.domain.names import parse_credential_name
from vzctl.errors import ConflictError, ExitStatus, NextStep, VzctlError
from vzctl.usecases.add_credential import AddCredential, add_credential
from vzctl.usecases.context import Context
from vzctl.usecases.credential import CredentialDetail
from vzctl.usecases.outcome import Notice, Outcome


@dataclass(frozen=True, slots=True)
class AddedItem:
    """The result of one line; `code` is an exit status' name, an error's code, or `NOT_STARTED`."""

    name: str
    code: str
    exit_code: int
    message: str
    credential: CredentialDetail | None


@dataclass(frozen=True, slots=True)
class AddedBatch:
    """One result a line, in the order of the file."""

    items: tuple[AddedItem, ...]


def add_credentials(context: Context, requests: Sequence[AddCredential]) -> Outcome[AddedBatch]:
    """Add them in order; every line is checked without its secret before the first one is added."""
    context.require_writable()
    folded = [parse_credential_name(request.name).casefold() for request in requests]
    for number, name in enumerate(folded):
        if name in folded[:number]:
            raise ConflictError(f'"{requests[number].name}" is in the batch twice', code="BATCH_DUPLICATE")
    for request in requests:
        add_credential(context, replace(request, dry_run=True))
    items: list[AddedItem] = []
    warnings: list[Notice] = []
    steps: list[NextStep] = []
    failed: VzctlError | None = None
    status, changed = ExitStatus.OK, False
    for request in requests:
        if failed is not None:
            items.append(AddedItem(request.name, "NOT_STARTED", ExitStatus.PARTIAL, "an earlier line failed", None))
            continue
        try:
            outcome = add_credential(context, request)
        except VzctlError as error:
            failed = error
            items.append(AddedItem(request.name, error.code, error.exit_status, error.message, None))
            steps = list(error.next_steps)
            continue
        changed = changed or outcome.changed
        status = max(status, outcome.status)
        warnings += [item for item in outcome.warnings if item not in warnings]
        items.append(AddedItem(request.name, outcome.status.name, outcome.status, outcome.summary[0], outcome.data))
    done = sum(item.credential is not None for item in items)
    summary = (*(f"{item.name}: {item.message}" for item in items), f"{done} of {len(items)} done")
    return Outcome(
        data=AddedBatch(tuple(items)),
        changed=changed,
        summary=summary,
        warnings=tuple(warnings),
        next_steps=tuple(steps) or ((NextStep("vzctl pending list", "a person's steps"),) if status else ()),
        status=ExitStatus.PARTIAL if failed is not None else status,
    )
