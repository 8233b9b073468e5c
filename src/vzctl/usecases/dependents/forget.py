"""`vzctl collections forget` and `vzctl tables forget`: remove the record of a collection or of a table column."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.domain.state.state import State
from vzctl.errors import NotFoundError
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context, Question
from vzctl.usecases.dependents.noun import DependentNoun, DetailT, ListT
from vzctl.usecases.dependents.service import require_no_open_rotation, without_times
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class ForgetDependent:
    """Forget a collection or a column; the collection or the table itself is not touched."""

    address: str
    if_missing: str = "fail"
    dry_run: bool = False


def forget_dependent(
    context: Context, noun: DependentNoun[ListT, DetailT], request: ForgetDependent
) -> Outcome[DetailT | None]:
    """Forget a collection or a column; nothing outside changes."""
    context.require_writable()
    try:
        proposal = propose(context, lambda state: _forgotten(state, noun, request.address))
    except NotFoundError:
        if request.if_missing == "skip":
            return Outcome(data=None, summary=(f'there is no {noun.noun} "{request.address}"',))
        raise
    quoted = noun.quoted.format(request.address)
    if request.dry_run:
        return Outcome(data=proposal.plan.data, summary=(f"would forget {quoted}",))
    proposal.ask()
    return Outcome(
        data=proposal.commit().plan.data,
        changed=True,
        summary=(f"forgot {quoted}; {noun.itself} itself was not touched",),
    )


def _forgotten(state: State, noun: DependentNoun[ListT, DetailT], address: str) -> Plan[DetailT]:
    item = noun.find(state, address)
    require_no_open_rotation(state, item)
    return Plan(
        state=state.without_dependent(item),
        data=noun.detail(state, address),
        question=Question(f'Forget the {noun.noun} "{address}"?', address),
        basis=without_times(item),
        details=(f'forget the {noun.noun} "{address}"',),
        subjects=(address,),
    )
