"""`vzctl collections add`: record a collection; its provider and credential are locked for life (rule 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.rules import require_same_service
from vzctl.domain.state.address import collection_at, find_database, parse_address
from vzctl.domain.state.names import strip_data_api_suffix
from vzctl.domain.state.records import Collection
from vzctl.domain.state.state import State
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.collections.collection import COLLECTIONS, CollectionDetail, collection_record, require_unrecorded
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.service import Service, checked
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class AddCollection:
    """Record a collection that exists."""

    address: str
    service: Service = field(default_factory=Service)
    if_exists: str = "fail"
    dry_run: bool = False


def add_collection(context: Context, request: AddCollection) -> Outcome[CollectionDetail]:
    """Record a collection after the rules allowed it; the same again with another service is refused (rule 5)."""
    context.require_writable()
    state = context.state_store.read()
    existing = collection_at(state, request.address)
    if existing is not None:
        return _exists(state, existing, request)
    now = context.now()
    proposal = propose(
        context,
        lambda state: Plan(
            state=_added(state, request, now),
            data=None,
            details=(f'record the collection "{request.address}"',),
            subjects=(request.address,),
        ),
    )
    if request.dry_run:
        data = COLLECTIONS.detail(proposal.plan.state, request.address)
        return Outcome(data=data, summary=(f'would record the collection "{request.address}"',))
    return Outcome(
        data=COLLECTIONS.detail(proposal.commit().after, request.address),
        changed=True,
        summary=(f'recorded the collection "{request.address}"',),
    )


def _exists(state: State, existing: Collection, request: AddCollection) -> Outcome[CollectionDetail]:
    service = request.service
    provider = existing.provider
    if service.provider is not None:
        provider = find_provider(service.provider).id
    credential = strip_data_api_suffix(service.credential) if service.credential is not None else existing.credential
    if service.header:
        credential = None
    require_same_service(existing, request.address, provider, credential)
    if request.if_exists == "fail":
        require_unrecorded(state, request.address)
    return Outcome(
        data=COLLECTIONS.detail(state, request.address),
        summary=(f'the collection "{request.address}" is recorded already',),
    )


def _added(state: State, request: AddCollection, now: datetime) -> State:
    database = find_database(state, parse_address(request.address).database)
    service = checked(state, database, request.service, "a collection")
    require_unrecorded(state, request.address)
    return state.with_collection(collection_record(state, request.address, service, now))
