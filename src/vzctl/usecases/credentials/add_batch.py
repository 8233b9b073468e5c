"""Add several credentials from a file: checked whole first, then one by one until the first error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from vzctl.command import NextStep, suggest
from vzctl.domain.masking.redaction import without_secrets
from vzctl.domain.state.names import parse_credential_name
from vzctl.errors import ConflictError, ExitStatus, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.credential_detail import CredentialDetail
from vzctl.usecases.credentials.add import AddCredential, add_credential
from vzctl.usecases.outcome import NOT_BEGUN, Columns, Fault, Notice, Outcome, batch_status


@dataclass(frozen=True, slots=True)
class AddedItem:
    """The result of one line; `code` is an exit status' name, an error's code, or `NOT_STARTED`."""

    name: str
    code: str
    exit_code: int
    message: str
    changed: bool
    fault: Fault | None
    credential: CredentialDetail | None

    columns: ClassVar[Columns] = (("NAME", "name"), ("CODE", "code"), ("EXIT", "exit_code"), ("RESULT", "message"))


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
    for request in requests:
        if failed is not None:
            items.append(_not_begun(request.name))
            continue
        writes = context.state_store.write_count
        try:
            outcome = add_credential(context, request)
        except VzctlError as error:
            failed = error
            wrote = context.state_store.write_count > writes
            message = without_secrets(error.message)
            items.append(AddedItem(request.name, error.code, error.exit_status, message, wrote, Fault.of(error), None))
            steps = list(error.next_steps)
            continue
        warnings += [item for item in outcome.warnings if item not in warnings]
        message = outcome.summary[0]
        items.append(
            AddedItem(request.name, outcome.status.name, outcome.status, message, outcome.changed, None, outcome.data)
        )
    status = batch_status((item.exit_code for item in items), failed)
    done = sum(item.credential is not None for item in items)
    summary = (*(f"{item.name}: {item.message}" for item in items), f"{done} of {len(items)} done")
    return Outcome(
        data=AddedBatch(tuple(items)),
        changed=any(item.changed for item in items),
        summary=summary,
        warnings=tuple(warnings),
        next_steps=tuple(steps) or ((suggest("pending list", comment="a person's steps"),) if status else ()),
        status=status,
    )


def _not_begun(name: str) -> AddedItem:
    message = "an earlier line failed"
    return AddedItem(name, "NOT_STARTED", ExitStatus.PARTIAL, message, changed=False, fault=NOT_BEGUN, credential=None)
