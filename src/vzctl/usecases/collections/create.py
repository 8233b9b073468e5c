"""`vzctl collections create`: make a collection in its database, look at it, and record it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vzctl.command import NextStep, command, suggest
from vzctl.domain.state.address import find_collection, find_database, parse_address
from vzctl.domain.state.records import AttachedService, Authentication, Collection
from vzctl.domain.state.state import State
from vzctl.errors import UsageError, VzctlError
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.collections.collection import COLLECTIONS, CollectionDetail, collection_record, require_unrecorded
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.remote_schema import (
    described_collection,
    not_recorded,
    open_database,
    send_create_collection,
)
from vzctl.usecases.dependents.service import Service, checked, service_json, service_options
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
    collection = collection_record(state, request.address, attachment, context.now())
    if request.dry_run:
        data = COLLECTIONS.detail(state.with_collection(collection), request.address)
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
        run = command("collections add", request.address, **service_options(attachment))
        raise not_recorded(error, f'the collection "{request.address}"', run) from error
    steps: tuple[NextStep, ...] = ()
    if request.like is not None:
        steps = (suggest("collections show", request.address, comment=f"copy the documents of {request.like} into it"),)
    return Outcome(
        data=COLLECTIONS.detail(after, request.address),
        changed=True,
        summary=(f'created the collection "{request.address}", and saw it there',),
        next_steps=steps,
    )


def _recorded(state: State, request: CreateCollection, seen: Collection) -> Plan[None]:
    """Record what is there now. What the collection was checked against when it was created may have changed since: that is a
    problem for `state check` to report, never a reason to forget that the collection exists.
    """
    require_unrecorded(state, request.address)
    find_database(state, seen.database)
    return Plan(
        state=state.with_collection(seen),
        data=None,
        details=(f'create the collection "{request.address}"',),
        subjects=(request.address,),
    )


def _attachment(state: State, request: CreateCollection) -> AttachedService:
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
    require_unrecorded(state, request.address)
    return checked(state, database, service, "a collection")


def _options(attachment: AttachedService, request: CreateCollection, copied: Mapping[str, Any]) -> dict[str, Any]:
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
