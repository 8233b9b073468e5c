"""`vzctl scope check`: which databases can really use a credential. Costs nothing, creates nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from vzctl.command import NextStep, suggest
from vzctl.domain.drift.comparison import find_drift
from vzctl.domain.drift.differences import SyncOptions
from vzctl.domain.drift.observation import Kind, Observation, ScopeSeen
from vzctl.domain.rules import require_credential
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Database
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.context import Context
from vzctl.usecases.live import DEFAULT_JOBS, is_failure, require_jobs, require_one_asked
from vzctl.usecases.observation.scope import ScopeAnswer, ScopeFinding, ScopeObserver
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.sync.sync import drift_row, sentence
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
    """Ask each database; exit 6 when one of them does not do what the scope says, or fails.

    A database that was not named and cannot be asked is told as such, and the others go on.
    """
    require_jobs(request.jobs)
    if request.record:
        context.require_writable()
    state = context.state_store.read()
    credential = require_credential(state, request.name)
    databases = _databases(state, credential, request)
    observer = ScopeObserver(context.open_live(), state, context.new_id, request.wake)
    asked = [(item, (credential,)) for item in databases]
    found = [item for (item,) in observer.observe_all(asked, are_named=bool(request.databases), jobs=request.jobs)]
    errors = [item.error for item in found if item.error is not None]
    require_one_asked(errors, len(found) - len(errors))
    rows = tuple(_row(state, credential, item, shown) for item, shown in zip(databases, found, strict=True))
    wrong = [row for row in rows if row.agrees is False]
    recorded = _record(context, state, request.name, rows) if request.record else ()
    return Outcome(
        data=ScopeObservations(rows),
        changed=bool(recorded),
        summary=(*_summary(request.name, rows), *(f"recorded: {line}" for line in recorded)),
        next_steps=(
            *(_step(request.name, row) for row in wrong if row.in_scope or not recorded),
            *dict.fromkeys(step for error in errors[:3] for step in error.next_steps),
        ),
        status=ExitStatus.ASTRA if wrong or any(is_failure(item) for item in errors) else ExitStatus.OK,
    )


def _databases(state: State, credential: Credential, request: CheckScope) -> list[Database]:
    if request.databases:
        return [find_database(state, item) for item in dict.fromkeys(request.databases)]
    ids = credential.database_ids
    return [item for item in state.databases if item.id in ids]


def _row(state: State, credential: Credential, database: Database, found: ScopeFinding) -> ScopeObservation:
    in_scope = any(entry.database == database.id and entry.removal_wanted_at is None for entry in credential.scope)
    expected = ScopeAnswer.USABLE if in_scope else ScopeAnswer.REFUSED
    is_seen = found.answer in (ScopeAnswer.USABLE, ScopeAnswer.REFUSED)
    return ScopeObservation(
        database=database_ref(Index(state), database.id),
        in_scope=in_scope,
        seen=found.answer.value,
        agrees=found.answer is expected if is_seen else None,
        detail=found.reason,
    )


def _record(context: Context, state: State, name: str, rows: tuple[ScopeObservation, ...]) -> tuple[str, ...]:
    """Record what was seen, as a sync would; return what changed by it.

    Raise `ConflictError` when the scope is not the one that the databases were asked about.
    """
    seen = tuple(
        ScopeSeen(row.database.id, name, row.seen == ScopeAnswer.USABLE) for row in rows if row.agrees is not None
    )
    scope_options = SyncOptions(context.now(), context.new_id, frozenset({Kind.SCOPES}))

    def plan(current: State) -> Plan[None]:
        drift = find_drift(current, Observation(scopes=seen), scope_options)
        credential = require_credential(current, name)
        return Plan(
            state=drift.after,
            data=None,
            basis=(credential.id, credential.scope),
            details=tuple(sentence(drift_row(item)) for item in drift.effective),
            subjects=(name,),
        )

    return propose_from(context, state, plan).commit().plan.details


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
        return suggest(
            "scope check", name, row.database.id, comment="again in some minutes: a change may be on its way"
        )
    return suggest("scope add", name, row.database.id, comment="record it, if it shall be so")
