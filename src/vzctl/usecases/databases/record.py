"""What the commands that record databases share. Databases are made and deleted elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from vzctl.domain.catalog.service import parse_freshness
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import refuse_secret_in
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import UsageError
from vzctl.usecases.change import Plan
from vzctl.usecases.databases.input import parse_certificate_name, parse_database_name, parse_endpoint, parse_status
from vzctl.usecases.outcome import Columns
from vzctl.usecases.views import DependentRef, dependent_refs


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
    dependants: tuple[DependentRef, ...]


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


def edit_plan(state: State, request: EditDatabase) -> Plan[Database]:
    edited = _edited(state, request)
    return Plan(
        state=state.with_database(edited),
        data=edited,
        basis=edited.id,
        details=(f'edit the database "{edited.name}"',),
        subjects=(edited.name,),
    )


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


def row(index: Index, database: Database, scope_count: int) -> DatabaseRow:
    return DatabaseRow(
        id=database.id,
        name=database.name,
        region=database.region,
        status=database.status,
        endpoint=database.endpoint,
        credential_count=scope_count,
        dependant_count=len(index.dependents_in_database.get(database.id, ())),
        observed_at=database.observed_at,
        gone_since=database.gone_since,
        certificate_name=database.certificate_name,
        freshness_seconds=database.freshness_seconds,
        service_token_count=len(index.state.tokens_of(database.id)),
    )


def database_detail(state: State, database: Database) -> DatabaseDetail:
    index = Index(state)
    here = index.dependents_in_database[database.id]
    available = []
    for credential in index.credentials_in_scope(database.id):
        entry = next(item for item in credential.scope if item.database == database.id)
        count = sum(item.credential == credential.name for item in here)
        evidence = entry.evidence.value if entry.evidence else None
        available.append(AvailableCredential(credential.name, credential.provider, evidence, count))
    return DatabaseDetail(row(index, database, len(available)), tuple(available), dependent_refs(index, here))
