"""`vzctl databases add`: record a database that exists."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from vzctl.command import suggest, suggest_again
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import refuse_secret_in
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.usecases.change import Plan, apply
from vzctl.usecases.context import Context
from vzctl.usecases.databases.edit import edit_database
from vzctl.usecases.databases.input import parse_database_name, parse_endpoint, parse_status
from vzctl.usecases.databases.record import DatabaseDetail, EditDatabase, database_detail
from vzctl.usecases.outcome import Notice, Outcome


@dataclass(frozen=True, slots=True)
class AddDatabase:
    """Record a database that exists. The id is made here only on the `local` plane."""

    name: str
    id: str | None = None
    region: str | None = None
    status: str = "ACTIVE"
    endpoint: str | None = None
    if_exists: str = "fail"
    dry_run: bool = False


def add_database(context: Context, request: AddDatabase) -> Outcome[DatabaseDetail]:
    """Record a database; nothing is created anywhere."""
    context.require_writable()
    state = context.state_store.read()
    database = _new_database(state, request)
    existing = state.database(database.id) or (_same(state, database) if request.id is None else None)
    if existing is not None:
        return _exists(context, state, existing, database, request)
    if request.dry_run:
        data = database_detail(state.with_database(database), database)
        return Outcome(data=data, summary=(f'would record the database "{request.name}"',))
    after = apply(context, lambda state: _added(state, database, request)).after
    shown = Index(after).database_name(database.id)
    return Outcome(
        data=database_detail(after, database),
        changed=True,
        summary=(f'recorded the database "{database.name}" ({database.status}), id {database.id}',),
        warnings=_ambiguity(after, database),
        next_steps=(suggest("scope add", "CREDENTIAL", shown, comment="let it use a credential"),),
    )


def _new_database(state: State, request: AddDatabase) -> Database:
    name = parse_database_name(request.name)
    refuse_secret_in(request.region, "a region")
    endpoint = parse_endpoint(state, request.endpoint)
    database_id = _parse_id(state, request.id)
    return Database(
        id=database_id, name=name, region=request.region, status=parse_status(request.status), endpoint=endpoint
    )


def _parse_id(state: State, text: str | None) -> str:

    if text is None:
        if not state.is_local:
            raise UsageError("give the database's --id: its UUID at Astra", code="DATABASE_ID_MISSING")
        return str(uuid4())
    try:
        return str(UUID(text))
    except ValueError:
        raise UsageError(f"{text[:60]!a} is no UUID", code="DATABASE_ID_INVALID") from None


def _same(state: State, database: Database) -> Database | None:
    same = [item for item in state.databases if item.name == database.name and item.region == database.region]
    return same[0] if same else None


def _added(state: State, database: Database, request: AddDatabase) -> Plan[None]:
    _require_new(state, database, request)
    return Plan(
        state=state.with_database(database),
        data=None,
        details=(f'record the database "{database.name}" ({database.id})',),
        subjects=(database.name,),
    )


def _require_new(state: State, database: Database, request: AddDatabase) -> None:
    if state.database(database.id) or (request.id is None and _same(state, database)):
        raise ConflictError(f'the database "{database.name}" is recorded already', code="DATABASE_EXISTS")


def _exists(
    context: Context, state: State, existing: Database, database: Database, request: AddDatabase
) -> Outcome[DatabaseDetail]:
    if request.if_exists == "fail":
        raise ConflictError(
            f'the database "{existing.name}" is recorded already, id {existing.id}',
            code="DATABASE_EXISTS",
            next_steps=(
                suggest("databases show", existing.id, comment="what is recorded of the database"),
                suggest_again("record these values instead", if_exists="update"),
            ),
        )
    if request.if_exists == "skip":
        return Outcome(
            data=database_detail(state, existing), summary=(f'the database "{existing.name}" is recorded already',)
        )
    return edit_database(
        context,
        EditDatabase(
            existing.id, database.name, database.region, database.status, database.endpoint, dry_run=request.dry_run
        ),
    )


def _ambiguity(state: State, database: Database) -> tuple[Notice, ...]:
    same = [item for item in state.databases if item.name == database.name]
    if len(same) < 2:
        return ()
    name = Index(state).database_name(database.id)
    text = f'{len(same)} databases are named "{database.name}"; this one is "{name}"'
    return (Notice("DATABASE_NAME_AMBIGUOUS", text, database.id),)
