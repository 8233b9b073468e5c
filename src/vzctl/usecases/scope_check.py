"""`vzctl scope check`: which databases can really use a credential. Costs nothing, creates nothing.

A collection is asked for with the real credential and a model that does not exist. The Data API looks at the credential
first: it refuses one that is unknown or out of scope, and otherwise the model. An invented name comes first, as the control:
where that is not refused, nothing can be seen this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from vzctl.clients.data_api import DataApi
from vzctl.domain.address import find_database
from vzctl.domain.index import Index
from vzctl.domain.records import Credential, Database
from vzctl.domain.rules import require_credential
from vzctl.domain.state import State
from vzctl.errors import ExitStatus, NextStep
from vzctl.usecases.context import Context
from vzctl.usecases.live import DEFAULT_JOBS, in_parallel, require_jobs
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.views import DatabaseRef, database_ref

NO_MODEL: Final = "vzctl-asks-for-no-model"
USABLE: Final = "usable"
REFUSED: Final = "refused"
NOT_OBSERVABLE: Final = "not observable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckScope:
    """Which credential, and where; without databases everywhere in its scope."""

    name: str
    databases: Sequence[str] = ()
    jobs: int = DEFAULT_JOBS
    wake: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeObservation:
    """One database: whether the credential shall be usable there, and what was seen."""

    database: DatabaseRef
    in_scope: bool
    seen: str
    agrees: bool | None
    detail: str | None

    columns: ClassVar[Columns] = (
        ("DATABASE", "database"),
        ("IN SCOPE", "in_scope"),
        ("SEEN", "seen"),
        ("AGREES", "agrees"),
        ("DETAIL", "detail"),
    )


@dataclass(frozen=True, slots=True)
class ScopeObservations:
    """What was seen, a row a database."""

    observations: tuple[ScopeObservation, ...]


def check_scope(context: Context, request: CheckScope) -> Outcome[ScopeObservations]:
    """Ask each database; exit 6 when one of them does not do what the scope says."""
    require_jobs(request.jobs)
    state = context.state_file.read()
    credential = require_credential(state, request.name)
    databases = _databases(state, credential, request)
    live = context.open_live()
    for database in databases:
        live.require_awake(state, database, wake=request.wake)
    control = f"vzctl-control-{context.new_id()}"
    # Every address is looked up before the first request: a missing one ends the command before anything is sent.
    apis = [live.data_api(state, item) for item in databases]
    links = [
        [partial(_observe, api, state, credential, item, control, f"vzctl_{context.new_id()}")]
        for api, item in zip(apis, databases, strict=True)
    ]
    results = in_parallel(request.jobs, links, finished=lambda _: None, stop=live.http.close)
    rows = tuple(row for chain in results for row in chain)
    wrong = [row for row in rows if row.agrees is False]
    return Outcome(
        data=ScopeObservations(rows),
        summary=_summary(request.name, rows),
        next_steps=tuple(_step(request.name, row) for row in wrong),
        status=ExitStatus.ASTRA if wrong else ExitStatus.OK,
    )


def _databases(state: State, credential: Credential, request: CheckScope) -> list[Database]:
    if request.databases:
        return [find_database(state, item) for item in dict.fromkeys(request.databases)]
    ids = credential.database_ids
    return [item for item in state.databases if item.id in ids]


def _observe(
    api: DataApi, state: State, credential: Credential, database: Database, control: str, collection: str
) -> ScopeObservation:
    in_scope = any(entry.database == database.id and entry.removal_wanted_at is None for entry in credential.scope)
    seen, detail = look(api, credential, control, collection)
    expected = USABLE if in_scope else REFUSED
    return ScopeObservation(
        database=database_ref(Index(state), database.id),
        in_scope=in_scope,
        seen=seen,
        agrees=None if seen == NOT_OBSERVABLE else seen == expected,
        detail=detail,
    )


def look(api: DataApi, credential: Credential, control: str, collection: str) -> tuple[str, str | None]:
    """Return what one database shows, and its words; `control` is an invented name, `collection` one that is free."""
    keyspaces = api.keyspaces()
    if not keyspaces:
        return NOT_OBSERVABLE, "the database has no keyspace"
    answer, words = _ask(api, keyspaces[0], credential.provider, control, collection)
    if answer is not False:
        return NOT_OBSERVABLE, f"an invented name was not refused: {words}"
    answer, words = _ask(api, keyspaces[0], credential.provider, credential.name, collection)
    if answer is None:
        return NOT_OBSERVABLE, words
    return (USABLE, None) if answer else (REFUSED, words)


def _ask(api: DataApi, keyspace: str, provider: str, name: str, collection: str) -> tuple[bool | None, str]:
    """Return whether the credential was accepted, None when that cannot be told."""
    service = {"provider": provider, "modelName": NO_MODEL, "authentication": {"providerKey": name}}
    body = {"name": collection, "options": {"vector": {"metric": "cosine", "service": service}}}
    answer = api.command("createCollection", body, keyspace)
    if answer.fault is None:
        # It must not exist; whatever this server is, it is left as it was.
        api.command("deleteCollection", {"name": collection}, keyspace)
        return None, "a collection of a model that does not exist was accepted, and deleted again"
    words = answer.fault.message
    if answer.fault.code == "VECTORIZE_CREDENTIAL_INVALID":
        return False, words
    if "is not supported" in words or "Required parameter" in words:
        return True, words
    return None, words


def _summary(name: str, rows: tuple[ScopeObservation, ...]) -> tuple[str, ...]:
    if not rows:
        return (f'"{name}" has no database in its scope',)
    return tuple(f'"{name}" in {row.database.name}: {row.seen}{_remark(row)}' for row in rows)


def _remark(row: ScopeObservation) -> str:
    if row.agrees is None:
        return f" ({row.detail})"
    if row.agrees:
        return ""
    return ", although it is in its scope" if row.in_scope else ", although it is not in its scope"


def _step(name: str, row: ScopeObservation) -> NextStep:
    if row.in_scope:
        return NextStep(
            f"vzctl scope check {name} {row.database.id}", "again in some minutes: a change may be on its way"
        )
    return NextStep(f"vzctl scope add {name} {row.database.id}", "record it, if it shall be so")
