"""`vzctl tables attach`: attach an integration and a credential to a table column."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from vzctl.command import command, suggest_again
from vzctl.domain.catalog.catalog import same_embedding
from vzctl.domain.rules import service_text
from vzctl.domain.state.address import Address, column_at, find_column, find_database, parse_address
from vzctl.domain.state.records import AttachedService, Column
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.context import Context, Question
from vzctl.usecases.dependents.service import Service, checked, require_no_open_rotation, service_json, service_options
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.tables.column import DONE_AND_SEEN, ColumnDetail, column_detail, recording, to_send

INCOMPARABLE = (
    "stored vectors were made by another service: they stay, but cannot be compared with new ones; embed the rows anew"
)


@dataclass(frozen=True, slots=True)
class AttachColumn:
    """Record that a column has, or with `replace` has now, this service. `send` attaches it at the database first."""

    address: str
    service: Service = field(default_factory=Service)
    replace: bool = False
    if_exists: str = "fail"
    dry_run: bool = False
    send: bool = False
    wake: bool = False


def attach_column(context: Context, request: AttachColumn) -> Outcome[ColumnDetail]:
    """Attach a service to a column; one that has a service already is replaced only with `replace`."""
    context.require_writable()
    state = context.state_store.read()
    existing = column_at(state, request.address)
    now = context.now()
    request = _with_dimension_of_column(context, state, request, existing, now)
    if existing is not None and existing.provider is not None and not request.replace:
        if request.if_exists == "skip":
            return Outcome(
                data=column_detail(state, request.address), summary=(f'"{request.address}" has a service already',)
            )
        raise ConflictError(
            f'"{request.address}" is attached to {service_text(existing)} already',
            code="COLUMN_HAS_SERVICE",
            next_steps=(suggest_again("replace it; stored vectors stay", replace=True),),
        )
    proposal = propose_from(context, state, lambda current: _attachment(current, request, now))
    attachment = proposal.plan.data
    data = column_detail(
        proposal.plan.state, request.address, _add_vectorize(parse_address(request.address), attachment)
    )
    if request.dry_run:
        return Outcome(data=data, summary=(f'would attach a service to "{request.address}"',))
    proposal.ask()
    sent = request.send and attachment.provider is not None
    if sent:
        _send_attachment(context, state, request, attachment)
    with recording(
        sent,
        f'the service of "{request.address}"',
        command("tables attach", request.address, **service_options(attachment)),
    ):
        written = proposal.commit()
    is_incomparable = proposal.plan.question is not None
    return Outcome(
        data=column_detail(written.after, request.address, data.request),
        changed=written.changed or sent,
        summary=(
            _recorded(request.address, find_column(written.after, request.address)),
            *((DONE_AND_SEEN,) if sent else to_send(request.address, data.request)),
        ),
        warnings=(Notice("VECTORS_NOT_COMPARABLE", INCOMPARABLE, request.address),) if is_incomparable else (),
    )


def _with_dimension_of_column(
    context: Context, state: State, request: AttachColumn, existing: Column | None, now: datetime
) -> AttachColumn:
    """Return the request with the column's own dimension, which never changes, where none is given.

    With `send` the database knows it; otherwise the record does, if there is one. The model's default would often be another.
    Raise `UsageError` when the model cannot make vectors of that dimension, `ConflictError` when another one is asked for.
    """
    given = request.service.dimension
    recorded = existing.dimension if existing is not None else None
    assumed = replace(request, service=replace(request.service, dimension=given or recorded))
    if not request.send or request.service.provider is None:
        _attached(state, assumed, now)
        return assumed
    _require_rules(state, assumed, now)
    from vzctl.usecases.dependents.remote_schema import described_column, open_database

    address = parse_address(request.address)
    own = described_column(open_database(context, state, address, wake=request.wake), address).dimension
    if given is not None and own is not None and given != own:
        raise ConflictError(
            f'the column "{request.address}" has {own} dimensions, not {given}; a column keeps its dimension for life',
            code="DIMENSION_OF_COLUMN",
        )
    exact = replace(request, service=replace(request.service, dimension=given or own or recorded))
    _attached(state, exact, now)
    return exact


def _require_rules(state: State, request: AttachColumn, now: datetime) -> None:
    """Check everything but the dimension before anything is sent: the column itself decides that one."""
    try:
        _attached(state, request, now)
    except UsageError as error:
        if error.code not in ("DIMENSION_REQUIRED", "DIMENSION_OUT_OF_RANGE"):
            raise


def _attachment(state: State, request: AttachColumn, now: datetime) -> Plan[AttachedService]:
    existing = column_at(state, request.address)
    after, attachment = _attached(state, request, now)
    is_incomparable = (
        existing is not None and existing.provider is not None and not same_embedding(existing, attachment)
    )
    question = Question(f'Replace the service of "{request.address}"?', request.address, lines=(INCOMPARABLE,))
    return Plan(
        state=after,
        data=attachment,
        question=question if is_incomparable else None,
        basis=(existing, attachment),
        details=(f'attach a service to "{request.address}"',),
        subjects=(request.address,),
    )


def _send_attachment(context: Context, state: State, request: AttachColumn, attachment: AttachedService) -> None:
    from vzctl.usecases.dependents.remote_schema import open_database, send_add_vectorize

    address = parse_address(request.address)
    send_add_vectorize(open_database(context, state, address, wake=request.wake), address, attachment)


def _attached(state: State, request: AttachColumn, now: datetime) -> tuple[State, AttachedService]:
    address = parse_address(request.address)
    table, column_name = address.table_and_column()
    database = find_database(state, address.database)
    existing = column_at(state, request.address)
    if existing is not None:
        require_no_open_rotation(state, existing)
    attachment = checked(state, database, request.service, "a table column")
    column = Column(
        database=database.id,
        keyspace=address.keyspace,
        table=table,
        column=column_name,
        **attachment.as_fields(),
        recorded_at=now,
        observed_at=now if request.send else None,
        extra=existing.extra if existing is not None else {},
    )
    if existing is not None and column == replace(existing, recorded_at=column.recorded_at, observed_at=None):
        return state, attachment
    return state.with_column(column), attachment


def _recorded(address: str, column: Column) -> str:
    if column.provider is None:
        return f'recorded: "{address}" has no service'
    return f'recorded: "{address}" is attached to {service_text(column)}'


def _add_vectorize(address: Address, attachment: AttachedService) -> str | None:
    """Return the `alterTable` request that does at the database what is recorded here."""
    if attachment.provider is None:
        return None
    _, column = address.table_and_column()
    return json.dumps({"alterTable": {"operation": {"addVectorize": {"columns": {column: service_json(attachment)}}}}})
