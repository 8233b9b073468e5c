"""`vzctl collections create`: make a collection in its database, look at it, and record it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from vzctl.command import NextStep, command, suggest
from vzctl.domain.state.address import find_collection, find_database, parse_address
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Authentication, Collection
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, UsageError, VzctlError
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.collections.detail import CollectionDetail
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.remote_schema import (
    described_collection,
    not_recorded,
    open_database,
    send_create_collection,
)
from vzctl.usecases.dependents.service import Attachment, Service, checked, dependent_row, service_json
from vzctl.usecases.outcome import Outcome

METRICS = ("cosine", "dot_product", "euclidean")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCollection:
    """A collection to make. With `like` it gets everything of that one, but for what is given."""

    address: str
    service: Service = field(default_factory=Service)
    like: str | None = None
    metric: str | None = None
    wake: bool = False
    dry_run: bool = False


def create_collection(context: Context, request: CreateCollection) -> Outcome[CollectionDetail]:
    """Create a collection after the rules allowed it. What happened at the database is recorded only when it was seen."""
    context.require_writable()
    if request.metric is not None and request.metric not in METRICS:
        raise UsageError(f"--metric takes {', '.join(METRICS)}", code="USAGE")
    state = context.state_store.read()
    attachment = _attachment(state, request)
    collection = _collection(state, request, attachment, context.now())
    if request.dry_run:
        data = _detail(state.with_collection(collection), collection)
        return Outcome(data=data, summary=(f'would create the collection "{request.address}"',))
    address = parse_address(request.address)
    api = open_database(context, state, address, wake=request.wake)
    copied: Mapping[str, Any] = {}
    if request.like is not None:
        original = open_database(context, state, parse_address(request.like), wake=request.wake)
        copied = described_collection(original, parse_address(request.like)).options
    found = send_create_collection(api, address, _options(attachment, request, copied))
    seen = replace(collection, observed_at=context.now(), dimension=found.dimension)
    try:
        after = propose_from(context, state, lambda current: _recorded(current, request, seen)).commit().after
    except VzctlError as error:
        run = command("collections add", request.address, **attachment.as_options())
        raise not_recorded(error, f'the collection "{request.address}"', run) from None
    steps: tuple[NextStep, ...] = ()
    if request.like is not None:
        steps = (suggest("collections show", request.address, comment=f"copy the documents of {request.like} into it"),)
    return Outcome(
        data=_detail(after, seen),
        changed=True,
        summary=(f'created the collection "{request.address}", and saw it there',),
        next_steps=steps,
    )


def _recorded(state: State, request: CreateCollection, seen: Collection) -> Plan[None]:
    """Record what is there now. What the collection was checked against when it was created may have changed since: that is a
    problem for `state check` to report, never a reason to forget that the collection exists.
    """
    _require_free(state, request.address)
    find_database(state, seen.database)
    return Plan(
        state=state.with_collection(seen),
        data=None,
        details=(f'create the collection "{request.address}"',),
        subjects=(request.address,),
    )


def _attachment(state: State, request: CreateCollection) -> Attachment:
    """Return the service, checked against the rules; what is not given comes from the collection that it shall be like."""
    service = request.service
    if request.like is not None:
        original = find_collection(state, request.like)
        keeps = service.credential is None and not service.header
        service = Service(
            provider=service.provider or original.provider,
            model=service.model or original.model,
            dimension=service.dimension if service.dimension is not None else original.dimension,
            credential=original.credential if keeps else service.credential,
            header=original.authentication is Authentication.HEADER if keeps else service.header,
            parameters={**{name: str(value) for name, value in original.parameters.items()}, **service.parameters},
        )
    database = find_database(state, parse_address(request.address).database)
    _require_free(state, request.address)
    return checked(state, database, service, "a collection")


def _require_free(state: State, address: str) -> None:
    try:
        find_collection(state, address)
    except NotFoundError as error:
        if error.code != "COLLECTION_NOT_FOUND":
            raise
        return
    raise ConflictError(
        f'the collection "{address}" is recorded already',
        code="COLLECTION_EXISTS",
        next_steps=(suggest("collections show", address, comment="look at it"),),
    )


def _collection(state: State, request: CreateCollection, attachment: Attachment, now: datetime) -> Collection:
    address = parse_address(request.address)
    return Collection(
        database=find_database(state, address.database).id,
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


def _options(attachment: Attachment, request: CreateCollection, copied: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options to send: those of the original, with this service."""
    options = dict(copied)
    vector = dict(options.get("vector") or {})
    if attachment.dimension is not None:
        vector["dimension"] = attachment.dimension
    if attachment.provider is not None:
        vector["service"] = service_json(attachment)
    if request.metric is not None or ("metric" not in vector and vector):
        vector["metric"] = request.metric or METRICS[0]
    if vector:
        options["vector"] = vector
    return options


def _detail(state: State, collection: Collection) -> CollectionDetail:
    return CollectionDetail(dependent_row(Index(state), collection))
