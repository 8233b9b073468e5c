"""`vzctl scope check`: which databases can really use a credential. Costs nothing, creates nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from vzctl.clients.data_api import DataApi
from vzctl.domain.address import find_database
from vzctl.domain.comparison import find_drift
from vzctl.domain.drift import Look
from vzctl.domain.index import Index
from vzctl.domain.observation import Kind, Observation, ScopeSeen
from vzctl.domain.records import Credential, Database
from vzctl.domain.rules import require_credential
from vzctl.domain.state import State
from vzctl.errors import ExitStatus, NextStep
from vzctl.usecases.context import Context
from vzctl.usecases.live import DEFAULT_JOBS, in_parallel, require_jobs
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.scope_look import NOT_OBSERVABLE, REFUSED, USABLE, look
from vzctl.usecases.sync import drift_row, sentence
from vzctl.usecases.views import DatabaseRef, database_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckScope:
    """Which credential, and where; without databases everywhere in its scope. `record`: keep what is seen."""

    name: str
    databases: Sequence[str] = ()
    jobs: int = DEFAULT_JOBS
    wake: bool = False
    record: bool = False


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
    if request.record:
        context.require_writable()
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
    recorded = _record(context, request.name, rows) if request.record else ()
    return Outcome(
        data=ScopeObservations(rows),
        changed=bool(recorded),
        summary=(*_summary(request.name, rows), *(f"recorded: {line}" for line in recorded)),
        next_steps=tuple(_step(request.name, row) for row in wrong if row.in_scope or not recorded),
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


def _record(context: Context, name: str, rows: tuple[ScopeObservation, ...]) -> tuple[str, ...]:
    """Record what was seen, as a sync would; return what changed by it."""
    seen = tuple(ScopeSeen(row.database.id, name, row.seen == USABLE) for row in rows if row.seen != NOT_OBSERVABLE)
    look_at_scopes = Look(context.now(), context.new_id, frozenset({Kind.SCOPES}))
    with context.state_file.transaction() as transaction:
        drift = find_drift(transaction.state, Observation(scopes=seen), look_at_scopes)
        lines = tuple(sentence(drift_row(item)) for item in drift.effective)
        transaction.state = drift.after
        transaction.describe(*lines, subjects=(name,))
    return lines


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
