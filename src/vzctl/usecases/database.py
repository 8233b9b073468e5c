"""Databases: recorded here, made and deleted elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid4

from vzctl.command import suggest
from vzctl.domain.address import find_database
from vzctl.domain.index import Index
from vzctl.domain.names import refuse_secret_in
from vzctl.domain.records import Database
from vzctl.domain.rules import counted, listed, require_credential, require_no_rotation
from vzctl.domain.service import parse_freshness
from vzctl.domain.state import State
from vzctl.errors import ConflictError, NotFoundError, UsageError
from vzctl.usecases.change import Plan, apply, propose
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.database_input import parse_certificate_name, parse_database_name, parse_endpoint, parse_status
from vzctl.usecases.outcome import Columns, Notice, Outcome
from vzctl.usecases.views import DependantRef, dependant_line, dependant_refs


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """One database."""

    id: str
    name: str
    region: str | None
    status: str
    endpoint: str | None
    credential_count: int
    dependant_count: int
    observed_at: datetime | None
    gone_since: datetime | None
    certificate_name: str | None
    freshness_seconds: int | None
    service_token_count: int

    columns: ClassVar[Columns] = (
        ("NAME", "name"),
        ("REGION", "region"),
        ("STATUS", "status"),
        ("CREDENTIALS", "credential_count"),
        ("DEPENDANTS", "dependant_count"),
        ("ID", "id"),
        ("ENDPOINT", "endpoint"),
        ("GONE", "gone_since"),
    )


@dataclass(frozen=True, slots=True)
class DatabaseList:
    """Databases."""

    databases: tuple[DatabaseRow, ...]


@dataclass(frozen=True, slots=True)
class AvailableCredential:
    """A credential that the database may use."""

    name: str
    provider: str
    evidence: str | None
    dependant_count: int

    columns: ClassVar[Columns] = (
        ("CREDENTIAL", "name"),
        ("PROVIDER", "provider"),
        ("DEPENDANTS HERE", "dependant_count"),
        ("EVIDENCE", "evidence"),
    )


@dataclass(frozen=True, slots=True)
class DatabaseDetail:
    """One database, the credentials available to it, and everything in it, attached through a key, a header or nothing."""

    database: DatabaseRow
    credentials: tuple[AvailableCredential, ...]
    dependants: tuple[DependantRef, ...]


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


@dataclass(frozen=True, slots=True)
class EditDatabase:
    """New facts about a recorded database; None leaves one as it is."""

    reference: str
    name: str | None = None
    region: str | None = None
    status: str | None = None
    endpoint: str | None = None
    certificate_name: str | None = None
    no_certificate_name: bool = False
    freshness: str | None = None
    dry_run: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing to change."""
        new = (self.name, self.region, self.status, self.endpoint, self.certificate_name, self.freshness)
        return not self.no_certificate_name and all(item is None for item in new)


@dataclass(frozen=True, slots=True)
class ForgetDatabase:
    """Forget a database; with `force` also its collections, columns and places in scopes."""

    reference: str
    force: bool = False
    if_missing: str = "fail"
    dry_run: bool = False


def list_databases(context: Context, credential_name: str | None = None) -> Outcome[DatabaseList]:
    """Return all databases, or those in the scope of one credential."""
    state = context.state_file.read()
    chosen = state.databases
    if credential_name is not None:
        wanted = require_credential(state, credential_name).database_ids
        chosen = tuple(item for item in chosen if item.id in wanted)
    steps = () if state.databases else (suggest("databases add", "NAME", comment="record the first one"),)
    index = Index(state)
    scope_counts = _scope_counts(state)
    rows = tuple(_row(index, item, scope_counts.get(item.id, 0)) for item in chosen)
    return Outcome(data=DatabaseList(rows), next_steps=steps)


def show_database(context: Context, reference: str) -> Outcome[DatabaseDetail]:
    """Return one database with its credentials and contents."""
    state = context.state_file.read()
    return Outcome(data=_detail(state, find_database(state, reference)))


def add_database(context: Context, request: AddDatabase) -> Outcome[DatabaseDetail]:
    """Record a database; nothing is created anywhere."""
    context.require_writable()
    state = context.state_file.read()
    database = _new_database(state, request)
    existing = state.database(database.id) or (_same(state, database) if request.id is None else None)
    if existing is not None:
        return _exists(context, state, existing, database, request)
    if request.dry_run:
        data = _detail(state.with_database(database), database)
        return Outcome(data=data, summary=(f'would record the database "{request.name}"',))
    after = apply(context, lambda state: _added(state, database, request)).after
    shown = Index(after).database_name(database.id)
    return Outcome(
        data=_detail(after, database),
        changed=True,
        summary=(f'recorded the database "{database.name}" ({database.status}), id {database.id}',),
        warnings=_ambiguity(after, database),
        next_steps=(suggest("scope add", "CREDENTIAL", shown, comment="let it use a credential"),),
    )


def edit_database(context: Context, request: EditDatabase) -> Outcome[DatabaseDetail]:
    """Change what is recorded of a database."""
    context.require_writable()
    proposal = propose(context, lambda state: _edit(state, request))
    if request.dry_run:
        edited = proposal.plan.data
        return Outcome(data=_detail(proposal.plan.state, edited), summary=(f'would edit "{edited.name}"',))
    written = proposal.commit()
    edited = written.plan.data
    text = f'edited the database "{edited.name}"' if written.changed else f'"{edited.name}" is like that already'
    return Outcome(data=_detail(written.after, edited), changed=written.changed, summary=(text,))


def forget_database(context: Context, request: ForgetDatabase) -> Outcome[DatabaseDetail | None]:
    """Forget a database; refused while anything refers to it, unless forced."""
    context.require_writable()
    state = context.state_file.read()
    try:
        database = find_database(state, request.reference)
    except NotFoundError:
        if request.if_missing == "skip":
            return Outcome(data=None, summary=(f'there is no database "{request.reference}"',))
        raise
    proposal = propose(context, lambda state: _forget(state, database.id, force=request.force))
    if request.dry_run:
        return Outcome(data=proposal.plan.data, summary=(f'would forget the database "{database.name}"',))
    proposal.ask()
    return Outcome(
        data=proposal.commit().plan.data,
        changed=True,
        summary=(f'forgot the database "{database.name}"; the database itself was not touched',),
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


def _edit(state: State, request: EditDatabase) -> Plan[Database]:
    edited = _edited(state, request)
    return Plan(
        state=state.with_database(edited),
        data=edited,
        basis=edited.id,
        details=(f'edit the database "{edited.name}"',),
        subjects=(edited.name,),
    )


def _forget(state: State, database_id: str, *, force: bool) -> Plan[DatabaseDetail]:
    database = find_database(state, database_id)
    detail = _detail(state, database)
    index = Index(state)
    lines = [f"  forgets: {dependant_line(index, item)}" for item in index.dependants_in_database[database.id]]
    lines += [f"  leaves the scope of {item.name}" for item in detail.credentials]
    lines += [f"  revokes the service token {item.id}" for item in state.tokens_of(database.id)]
    danger = Danger.SEVERE if lines else Danger.MODERATE
    return Plan(
        state=_forgotten(state, database, force=force),
        data=detail,
        question=Question(f'Forget the database "{database.name}"?', database.name, danger, tuple(lines)),
        details=(f'forget the database "{database.name}" ({database.id})',),
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
            next_steps=(suggest("databases edit", existing.id, comment="change what is recorded of it"),),
        )
    if request.if_exists == "skip":
        return Outcome(data=_detail(state, existing), summary=(f'the database "{existing.name}" is recorded already',))
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


def _edited(state: State, request: EditDatabase) -> Database:
    database = find_database(state, request.reference)
    refuse_secret_in(request.region, "a region")
    if request.says_nothing:
        raise UsageError(
            "nothing to edit: give --name, --region, --status, --endpoint, --certificate-name or --freshness",
            code="USAGE",
        )
    return replace(
        database,
        name=parse_database_name(request.name) if request.name is not None else database.name,
        region=request.region if request.region is not None else database.region,
        status=parse_status(request.status) if request.status is not None else database.status,
        endpoint=parse_endpoint(state, request.endpoint) if request.endpoint is not None else database.endpoint,
        certificate_name=_certificate_name(state, database, request),
        freshness_seconds=database.freshness_seconds
        if request.freshness is None
        else parse_freshness(state, request.freshness),
    )


def _certificate_name(state: State, database: Database, request: EditDatabase) -> str | None:
    if request.no_certificate_name:
        return None
    if request.certificate_name is None:
        return database.certificate_name
    return parse_certificate_name(state, database, request.certificate_name)


def _forgotten(state: State, database: Database, *, force: bool) -> State:
    index = Index(state)
    dependants = index.dependants_in_database[database.id]
    credentials = index.credentials_in_scope(database.id)
    for credential in credentials:
        require_no_rotation(state, credential)
    tokens = state.tokens_of(database.id)
    if (dependants or credentials or tokens) and not force:
        names = [*(index.address(item) for item in dependants), *(f"scope of {item.name}" for item in credentials)]
        names += [f"service token {item.id}" for item in tokens]
        raise ConflictError(
            f'{counted(len(names), "fact")} about "{database.name}" would be forgotten with it: {listed(names)}',
            code="DATABASE_IN_USE",
            next_steps=(
                suggest("databases forget", index.database_name(database.id), force=True, comment="forget them too"),
            ),
        )
    for credential in credentials:
        scope = tuple(entry for entry in credential.scope if entry.database != database.id)
        state = state.with_credential(replace(credential, scope=scope))
    for item in dependants:
        state = state.without_dependant(item)
    return state.without_database(database.id)


def _scope_counts(state: State) -> dict[str, int]:
    counts: dict[str, int] = {}
    for credential in state.credentials:
        for entry in credential.scope:
            counts[entry.database] = counts.get(entry.database, 0) + 1
    return counts


def _row(index: Index, database: Database, scope_count: int) -> DatabaseRow:
    return DatabaseRow(
        id=database.id,
        name=database.name,
        region=database.region,
        status=database.status,
        endpoint=database.endpoint,
        credential_count=scope_count,
        dependant_count=len(index.dependants_in_database.get(database.id, ())),
        observed_at=database.observed_at,
        gone_since=database.gone_since,
        certificate_name=database.certificate_name,
        freshness_seconds=database.freshness_seconds,
        service_token_count=len(index.state.tokens_of(database.id)),
    )


def _detail(state: State, database: Database) -> DatabaseDetail:
    index = Index(state)
    here = index.dependants_in_database[database.id]
    available = []
    for credential in index.credentials_in_scope(database.id):
        entry = next(item for item in credential.scope if item.database == database.id)
        count = sum(item.credential == credential.name for item in here)
        evidence = entry.evidence.value if entry.evidence else None
        available.append(AvailableCredential(credential.name, credential.provider, evidence, count))
    return DatabaseDetail(_row(index, database, len(available)), tuple(available), dependant_refs(index, here))
