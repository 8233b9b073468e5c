"""`vzctl tables forget`: remove the record of a table column."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.domain.state.address import find_column
from vzctl.domain.state.state import State
from vzctl.errors import NotFoundError
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.context import Context, Question
from vzctl.usecases.dependents.service import (
    require_no_open_rotation,
)
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.tables.column import ColumnDetail, column_detail


@dataclass(frozen=True, slots=True)
class ForgetColumn:
    """Forget a column; the table itself is not touched."""

    address: str
    if_missing: str = "fail"
    dry_run: bool = False


def forget_column(context: Context, request: ForgetColumn) -> Outcome[ColumnDetail | None]:
    """Forget a column; nothing outside changes."""
    context.require_writable()
    state = context.state_store.read()
    try:
        find_column(state, request.address)
    except NotFoundError:
        if request.if_missing == "skip":
            return Outcome(data=None, summary=(f'there is no table column "{request.address}"',))
        raise
    proposal = propose_from(context, state, lambda current: _forgotten(current, request))
    detail = proposal.plan.data
    if request.dry_run:
        return Outcome(data=detail, summary=(f'would forget "{request.address}"',))
    proposal.ask()
    proposal.commit()
    return Outcome(
        data=detail, changed=True, summary=(f'forgot "{request.address}"; the table itself was not touched',)
    )


def _forgotten(state: State, request: ForgetColumn) -> Plan[ColumnDetail]:
    column = find_column(state, request.address)
    require_no_open_rotation(state, column)
    return Plan(
        state=state.without_dependent(column),
        data=column_detail(state, request.address),
        question=Question(f'Forget the table column "{request.address}"?', request.address),
        basis=column.key,
        details=(f'forget the table column "{request.address}"',),
        subjects=(request.address,),
    )
