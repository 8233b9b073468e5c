"""Changes of a database's schema: sent, read back, and only then recorded by whoever asked for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vzctl.clients.data_api import DataApi, Described
from vzctl.domain.address import Address, find_database
from vzctl.domain.state import State
from vzctl.errors import AstraError, NextStep, NotFoundError, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.dependant import Attachment, service_json


def open_database(context: Context, state: State, address: Address, *, wake: bool) -> DataApi:
    """Return the Data API of an address's database, which is awake."""
    live = context.open_live()
    database = find_database(state, address.database)
    live.require_awake(state, database, wake=wake)
    return live.data_api(state, database)


def send_add_vectorize(api: DataApi, address: Address, attachment: Attachment) -> None:
    """Attach a service to a column, or replace it: one request. Raise when it is not there afterwards."""
    table, column = address.table_and_column()
    body = {"operation": {"addVectorize": {"columns": {column: service_json(attachment)}}}}
    _send(api, "alterTable", body, address.keyspace, table)
    found = _column(api, address)
    if found.provider is None:
        raise AstraError(
            f'"{address.keyspace}/{address.leaf}" has no service although the database accepted it: a database on plain '
            "Apache Cassandra forgets the services of tables",
            code="SERVICE_FORGOTTEN",
            side="astra",
        )
    seen = (found.provider, found.model, found.credential)
    wanted = (attachment.provider, attachment.model, attachment.credential)
    if seen != wanted:
        raise AstraError(
            f'"{address.keyspace}/{address.leaf}" has another service than the one that was sent',
            code="SERVICE_DIFFERS",
            side="astra",
            next_steps=(NextStep("vzctl tables show ADDRESS", "what is recorded"),),
        )


def send_drop_vectorize(api: DataApi, address: Address) -> None:
    """Detach a column's service; raise when it is still there afterwards."""
    table, column = address.table_and_column()
    _send(api, "alterTable", {"operation": {"dropVectorize": {"columns": [column]}}}, address.keyspace, table)
    if _column(api, address).provider is not None:
        raise AstraError(
            f'"{address.keyspace}/{address.leaf}" still has its service', code="SERVICE_STILL_THERE", side="astra"
        )


def send_create_collection(api: DataApi, address: Address, options: Mapping[str, Any]) -> Described:
    """Create a collection and return it as the database describes it."""
    _send(api, "createCollection", {"name": address.leaf, "options": options}, address.keyspace, None)
    found = next((item for item in api.collections(address.keyspace) if item.name == address.leaf), None)
    if found is None:
        raise AstraError(
            f'"{address.keyspace}/{address.leaf}" is not listed although the database accepted it',
            code="COLLECTION_NOT_LISTED",
            side="astra",
        )
    return found


def described_collection(api: DataApi, address: Address) -> Described:
    """Return a collection as the database describes it; raise `NotFoundError` when it has none of that name."""
    found = next((item for item in api.collections(address.keyspace) if item.name == address.leaf), None)
    if found is None:
        raise NotFoundError(
            f'the database has no collection "{address.keyspace}/{address.leaf}"', code="COLLECTION_NOT_FOUND"
        )
    return found


def not_recorded(error: VzctlError, what: str, command: str) -> VzctlError:
    """Return the error with the way on: the database was changed, and the state was not."""
    error.evidence = (*error.evidence, f"{what} is done at the database, and not recorded here")
    error.next_steps = (NextStep(command, "record it; nothing is sent"), *error.next_steps)
    error.changed = True
    return error


def _send(api: DataApi, name: str, body: Mapping[str, Any], keyspace: str, leaf: str | None) -> None:
    answer = api.command(name, body, keyspace, leaf)
    if answer.fault is not None:
        raise api.refused(answer.fault)


def _column(api: DataApi, address: Address) -> Described:
    table, column = address.table_and_column()
    for item in api.columns(address.keyspace):
        if (item.table, item.name) == (table, column):
            return item
    raise NotFoundError(
        f'the database has no vector column "{address.keyspace}/{address.leaf}"', code="COLUMN_NOT_FOUND"
    )
