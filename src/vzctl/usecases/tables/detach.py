"""`vzctl tables detach`: detach the integration and the credential of a table column."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from vzctl.command import command
from vzctl.domain.rules import service_text
from vzctl.domain.state.address import Address, find_column, parse_address
from vzctl.domain.state.records import AttachedService, Column
from vzctl.domain.state.state import State
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.context import Context, Question
from vzctl.usecases.dependents.service import require_no_open_rotation
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.tables.column import DONE_AND_SEEN, ColumnDetail, column_detail, recording, to_send


@dataclass(frozen=True, slots=True)
class DetachColumn:
    """Record that a column has no service any more; its vectors stay. `send` does it at the database first."""

    address: str
    dry_run: bool = False
    send: bool = False
    wake: bool = False


def detach_column(context: Context, request: DetachColumn) -> Outcome[ColumnDetail]:
    """Detach a column's service: inserting text into it fails from now on, vectors stay."""
    context.require_writable()
    state = context.state_store.read()
    column = find_column(state, request.address)
    address = parse_address(request.address)
    if column.provider is None:
        return Outcome(data=column_detail(state, request.address), summary=(f'"{request.address}" has no service',))
    proposal = propose_from(context, state, lambda current: _detachment(current, request))
    data = column_detail(proposal.plan.state, request.address, _drop_vectorize(address))
    if request.dry_run:
        return Outcome(data=data, summary=(f'would detach {service_text(column)} from "{request.address}"',))
    proposal.ask()
    if request.send:
        from vzctl.usecases.dependents.remote_schema import open_database, send_drop_vectorize

        send_drop_vectorize(open_database(context, state, address, wake=request.wake), address)
    with recording(request.send, f'"{request.address}" without a service', command("tables detach", request.address)):
        proposal.commit()
    return Outcome(
        data=data,
        changed=True,
        summary=(
            f'recorded: "{request.address}" has no service; its vectors stay',
            *((DONE_AND_SEEN,) if request.send else to_send(request.address, data.request)),
        ),
    )


def _detachment(state: State, request: DetachColumn) -> Plan[None]:
    column = find_column(state, request.address)
    require_no_open_rotation(state, column)
    return Plan(
        state=state.with_column(_bare(column)),
        data=None,
        question=Question(f'Detach {service_text(column)} from "{request.address}"?', request.address),
        basis=column,
        details=(f'detach the service of "{request.address}"',),
        subjects=(request.address,),
    )


def _bare(column: Column) -> Column:
    return replace(column, **AttachedService(dimension=column.dimension).as_fields(), observed_at=None)


def _drop_vectorize(address: Address) -> str:
    _, column = address.table_and_column()
    return json.dumps({"alterTable": {"operation": {"dropVectorize": {"columns": [column]}}}})
