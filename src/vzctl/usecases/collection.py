"""Collections: recorded here; their provider and credential are locked for life (rule 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from vzctl.command import suggest
from vzctl.domain.address import find_collection, find_database, parse_address
from vzctl.domain.catalogue import find_provider
from vzctl.domain.index import Index
from vzctl.domain.names import strip_data_api_suffix
from vzctl.domain.records import Collection
from vzctl.domain.rules import require_same_service
from vzctl.domain.state import State
from vzctl.errors import ConflictError, NotFoundError
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context, Question
from vzctl.usecases.dependant import (
    DependantFilter,
    DependantRow,
    Service,
    checked,
    dependant_row,
    matching,
    require_no_open_rotation,
)
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class CollectionList:
    """Collections."""

    collections: tuple[DependantRow, ...]


@dataclass(frozen=True, slots=True)
class CollectionDetail:
    """One collection."""

    collection: DependantRow


@dataclass(frozen=True, slots=True)
class AddCollection:
    """Record a collection that exists."""

    address: str
    service: Service = field(default_factory=Service)
    if_exists: str = "fail"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ForgetCollection:
    """Forget a collection; the collection itself is not touched."""

    address: str
    if_missing: str = "fail"
    dry_run: bool = False


def list_collections(context: Context, chosen: DependantFilter) -> Outcome[CollectionList]:
    """Return the collections that the filter lets through."""
    state = context.state_file.read()
    index = Index(state)
    rows = tuple(dependant_row(index, item) for item in matching(state, state.collections, chosen))
    steps = () if state.collections else (suggest("collections add", "DB/KEYSPACE/COLLECTION", comment="record one"),)
    return Outcome(data=CollectionList(rows), next_steps=steps)


def show_collection(context: Context, address: str) -> Outcome[CollectionDetail]:
    """Return one collection."""
    state = context.state_file.read()
    return Outcome(data=CollectionDetail(dependant_row(Index(state), find_collection(state, address))))


def add_collection(context: Context, request: AddCollection) -> Outcome[CollectionDetail]:
    """Record a collection after the rules allowed it; the same again with another service is refused (rule 5)."""
    context.require_writable()
    state = context.state_file.read()
    existing = _find(state, request.address)
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
        data = _detail(proposal.plan.state, request.address)
        return Outcome(data=data, summary=(f'would record the collection "{request.address}"',))
    return Outcome(
        data=_detail(proposal.commit().after, request.address),
        changed=True,
        summary=(f'recorded the collection "{request.address}"',),
    )


def forget_collection(context: Context, request: ForgetCollection) -> Outcome[CollectionDetail | None]:
    """Forget a collection; nothing outside changes."""
    context.require_writable()
    state = context.state_file.read()
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
        state=state.without_dependant(collection),
        data=_detail(state, request.address),
        question=Question(f'Forget the collection "{request.address}"?', request.address),
        basis=collection.key,
        details=(f'forget the collection "{request.address}"',),
        subjects=(request.address,),
    )


def _find(state: State, address: str) -> Collection | None:
    try:
        return find_collection(state, address)
    except NotFoundError as error:
        if error.code != "COLLECTION_NOT_FOUND":
            raise
        return None


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
        raise ConflictError(
            f'the collection "{request.address}" is recorded already',
            code="COLLECTION_EXISTS",
            next_steps=(suggest("collections show", request.address, comment="look at it"),),
        )
    return Outcome(
        data=_detail(state, request.address), summary=(f'the collection "{request.address}" is recorded already',)
    )


def _added(state: State, request: AddCollection, now: datetime) -> State:
    address = parse_address(request.address)
    database = find_database(state, address.database)
    attachment = checked(state, database, request.service, "a collection")
    if _find(state, request.address) is not None:
        raise ConflictError(f'the collection "{request.address}" is recorded already', code="COLLECTION_EXISTS")
    return state.with_collection(
        Collection(
            database=database.id,
            keyspace=address.keyspace,
            name=address.leaf,
            provider=attachment.provider,
            authentication=attachment.authentication,
            credential=attachment.credential,
            model=attachment.model,
            dimension=attachment.dimension,
            parameters=attachment.parameters,
            recorded_at=now,
        )
    )


def _detail(state: State, address: str) -> CollectionDetail:
    return CollectionDetail(dependant_row(Index(state), find_collection(state, address)))
