"""Changes of a database's schema: sent, read back, and only then recorded by whoever asked for them.

Where no answer came, or one that says nothing, the change may have been made: then what is read back decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from vzctl.clients.data_api import DataApi, Described
from vzctl.command import Command, NextStep, command, suggest
from vzctl.domain.state.address import Address, find_database
from vzctl.domain.state.names import strip_data_api_suffix
from vzctl.domain.state.records import AttachedService
from vzctl.domain.state.state import State
from vzctl.errors import AstraError, NotFoundError, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.service import service_json

T = TypeVar("T")

MAY_BE_DONE: Final = "it may have been done at the database all the same, and is not recorded here"
NOT_SEEN: Final = "the database accepted it; that it is done was not seen, and is not recorded here"
_LEAVE_OPEN: Final = frozenset({"NO_ANSWER_TIMEOUT", "NO_ANSWER_RESET", "NO_ANSWER_PROTOCOL", "NO_ANSWER_TOO_LARGE"})
"""Codes of errors after which the request may have been carried out."""


def open_database(context: Context, state: State, address: Address, *, wake: bool) -> DataApi:
    """Return the Data API of an address's database, which is awake."""
    return context.open_live().open(state, find_database(state, address.database), wake=wake)


def send_add_vectorize(api: DataApi, address: Address, attachment: AttachedService) -> None:
    """Attach a service to a column, or replace it: one request. Raise when it is not there afterwards."""
    table, column = address.table_and_column()
    body = {"operation": {"addVectorize": {"columns": {column: service_json(attachment)}}}}
    doubt = _send(api, "alterTable", body, address.keyspace, table)
    found = _seen(address, doubt, lambda: described_column(api, address))
    seen = (found.provider, found.model, found.credential)
    wanted = (attachment.provider, attachment.model, attachment.credential)
    if seen != wanted and doubt is not None:
        raise _left_open(doubt, address, MAY_BE_DONE)
    if found.provider is None:
        raise AstraError(
            f'"{address.keyspace}/{address.leaf}" has no service although the database accepted it: a database on plain '
            "Apache Cassandra forgets the services of tables",
            code="SERVICE_FORGOTTEN",
        )
    if seen != wanted:
        raise AstraError(
            f'"{address.keyspace}/{address.leaf}" has another service than the one that was sent',
            code="SERVICE_DIFFERS",
            next_steps=(suggest("tables show", "ADDRESS", comment="what is recorded"),),
        )


def send_drop_vectorize(api: DataApi, address: Address) -> None:
    """Detach a column's service; raise when it is still there afterwards."""
    table, column = address.table_and_column()
    body = {"operation": {"dropVectorize": {"columns": [column]}}}
    doubt = _send(api, "alterTable", body, address.keyspace, table)
    if _seen(address, doubt, lambda: described_column(api, address)).provider is not None:
        if doubt is not None:
            raise _left_open(doubt, address, MAY_BE_DONE)
        raise AstraError(f'"{address.keyspace}/{address.leaf}" still has its service', code="SERVICE_STILL_THERE")


def send_create_collection(api: DataApi, address: Address, options: Mapping[str, Any]) -> Described:
    """Create a collection and return it as the database describes it."""
    doubt = _send(api, "createCollection", {"name": address.leaf, "options": options}, address.keyspace, None)
    found = _seen(address, doubt, lambda: _listed(api, address))
    if doubt is not None and (found is None or not _is_as_sent(found, options)):
        raise _left_open(doubt, address, MAY_BE_DONE)
    if found is None:
        raise AstraError(
            f'"{address.keyspace}/{address.leaf}" is not listed although the database accepted it',
            code="COLLECTION_NOT_LISTED",
        )
    return found


def described_collection(api: DataApi, address: Address) -> Described:
    """Return a collection as the database describes it; raise `NotFoundError` when it has none of that name."""
    found = _listed(api, address)
    if found is None:
        raise NotFoundError(
            f'the database has no collection "{address.keyspace}/{address.leaf}"', code="COLLECTION_NOT_FOUND"
        )
    return found


def described_column(api: DataApi, address: Address) -> Described:
    """Return a vector column as the database describes it; raise `NotFoundError` when it has none of that name."""
    table, column = address.table_and_column()
    for item in api.columns(address.keyspace):
        if (item.table, item.name) == (table, column):
            return item
    raise NotFoundError(
        f'the database has no vector column "{address.keyspace}/{address.leaf}"', code="COLUMN_NOT_FOUND"
    )


def not_recorded(error: VzctlError, what: str, run: Command) -> VzctlError:
    """Return the error with the way on: the database was changed, and the state was not."""
    return error.replace(
        evidence=(*error.evidence, f"{what} is done at the database, and not recorded here"),
        next_steps=(NextStep(run, "record it; nothing is sent"), *error.next_steps),
    )


def _send(api: DataApi, name: str, body: Mapping[str, Any], keyspace: str, leaf: str | None) -> VzctlError | None:
    """Send a command; return the error that leaves open whether it was carried out, None when it was accepted."""
    try:
        answer = api.command(name, body, keyspace, leaf, changes_schema=True)
    except AstraError as error:
        failed_there = (error.http_status or 0) >= 500 and error.code != "DATABASE_NOT_READY"
        if error.code in _LEAVE_OPEN or failed_there:
            return error
        raise
    if answer.fault is not None:
        raise api.refused(answer.fault)
    return None


def _seen(address: Address, doubt: VzctlError | None, look: Callable[[], T]) -> T:
    """Return what the database has after the command; raise with the way on when it cannot be asked."""
    try:
        return look()
    except NotFoundError:
        raise
    except VzctlError as error:
        raise _left_open(doubt or error, address, NOT_SEEN if doubt is None else MAY_BE_DONE) from error


def _left_open(error: VzctlError, address: Address, words: str) -> VzctlError:
    """Return the error with the command that looks what became of it, and records that."""
    run = command("sync", database=address.database, keyspace=address.keyspace)
    steps = (NextStep(run, "look what is there now, and record it"), *error.next_steps)
    return error.replace(evidence=(*error.evidence, words), next_steps=steps)


def _is_as_sent(found: Described, options: Mapping[str, Any]) -> bool:
    """Whether a collection has the service that was sent: one that was there before may have another."""
    service = (options.get("vector") or {}).get("service") or {}
    stored = (service.get("authentication") or {}).get("providerKey")
    credential = strip_data_api_suffix(stored) if stored is not None else None
    return (found.provider, found.model, found.credential) == (
        service.get("provider"),
        service.get("modelName"),
        credential,
    )


def _listed(api: DataApi, address: Address) -> Described | None:
    return next((item for item in api.collections(address.keyspace) if item.name == address.leaf), None)
