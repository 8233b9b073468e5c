"""`vzctl collections forget`: remove the record of a collection."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.domain.state.address import find_collection
from vzctl.domain.state.state import State
from vzctl.errors import NotFoundError
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.collections.detail import CollectionDetail, detail
from vzctl.usecases.context import Context, Question
from vzctl.usecases.dependents.service import (
    require_no_open_rotation,
)
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class ForgetCollection:
    """Forget a collection; the collection itself is not touched."""

    address: str
    if_missing: str = "fail"
    dry_run: bool = False


def forget_collection(context: Context, request: ForgetCollection) -> Outcome[CollectionDetail | None]:
    """Forget a collection; nothing outside changes."""
    context.require_writable()
    state = context.state_store.read()
    try:
        find_collection(state, request.address)
    except NotFoundError:
        if request.if_missing == "skip":
            return Outcome(data=None, summary=(f'there is no collection "{request.address}"',))
        raise
    proposal = propose(context, lambda state: _forgotten(state, request))
    if request.dry_run:
        return Outcome(data=proposal.plan.data, summary=(f'would forget the collection "{request.address}"',))
    proposal.ask()
    return Outcome(
        data=proposal.commit().plan.data,
        changed=True,
        summary=(f'forgot the collection "{request.address}"; the collection itself was not touched',),
    )


def _forgotten(state: State, request: ForgetCollection) -> Plan[CollectionDetail]:
    collection = find_collection(state, request.address)
    require_no_open_rotation(state, collection)
    return Plan(
        state=state.without_dependent(collection),
        data=detail(state, request.address),
        question=Question(f'Forget the collection "{request.address}"?', request.address),
        basis=collection.key,
        details=(f'forget the collection "{request.address}"',),
        subjects=(request.address,),
    )
