"""The explained answers of `findCollections` and `listTables`: collections and vector columns with their services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vzctl.answers.answer import CollectionsAnswer, TablesAnswer
from vzctl.answers.failure import malformed, refused
from vzctl.answers.fields import Reader, UnholdableError, place_name_fault, shown
from vzctl.command import suggest
from vzctl.domain.drift.observation import Kind, ObservedCollection, ObservedColumn, Remark
from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.names import RESERVED_SUFFIXES, name_fault
from vzctl.domain.state.records import AttachedService, Authentication

_EXPLAIN: Final = {
    "collections": '{"findCollections": {"options": {"explain": true}}}',
    "tables": '{"listTables": {"options": {"explain": true}}}',
}


class _Contents:
    """Collects what a keyspace has; a name that vzctl refuses becomes a remark, and counts as there."""

    def __init__(self, source: str, kind: Kind, noun: str) -> None:
        self.reader = Reader(source)
        self.kind = kind
        self.noun = noun
        self.names: set[str] = set()
        self.unreadable: set[str] = set()
        self.remarks: list[Remark] = []

    def require_once(self, name: str) -> None:
        if name in self.names:
            raise refused(self.reader.source, f"has the {self.noun} {shown(name)} twice", "ANSWER_DUPLICATE")
        self.names.add(name)

    def service(self, vector: Mapping[str, Any], local_name: str, name_faults: str | None) -> AttachedService | None:
        """Return the service, or None and a remark when a name in it or the thing's own cannot be kept."""
        place = f"the {self.noun} {shown(local_name)}"
        try:
            found, fault = read_service(self.reader, vector, place)
        except UnholdableError as error:
            found, fault = None, str(error)
        fault = name_faults or fault
        if fault is None:
            return found
        self.pass_over(local_name, "NAME_INVALID", fault)
        return None

    def pass_over(self, local_name: str, code: str, reason: str) -> None:
        """Say why something is not compared; it counts as there."""
        self.unreadable.add(local_name)
        subject = local_name if place_name_fault(local_name) is None else shown(local_name).strip("\"'")
        message = f"the {self.noun} {shown(local_name)} is passed over: {reason}"
        self.remarks.append(Remark(code, self.kind, subject, message))


def read_collections(status: Mapping[str, Any], source: str, *, has_more: bool) -> CollectionsAnswer:
    """Return the collections; raise `UsageError` for names only, a wrong form, or a name that is there twice."""
    contents = _Contents(source, Kind.COLLECTIONS, "collection")
    reader = contents.reader
    found = []
    for number, value in enumerate(_explained(reader, status, "collections"), start=1):
        place = f"collection {number}"
        row = reader.table(value, place)
        name = reader.text(row, "name", place)
        contents.require_once(name)
        if row.get("options") is None:
            contents.pass_over(name, "OPTIONS_MISSING", 'the answer has no "options" of it, so what is recorded stays')
            continue
        vector = reader.optional_table(reader.optional_table(row, "options", place), "vector", place)
        service = contents.service(vector, name, place_name_fault(name))
        if service is not None:
            found.append(ObservedCollection(name, service))
    return CollectionsAnswer(
        collections=tuple(found),
        unreadable=frozenset(contents.unreadable),
        remarks=tuple(contents.remarks),
        has_more=has_more,
    )


def read_tables(status: Mapping[str, Any], source: str, *, has_more: bool) -> TablesAnswer:
    """Return the vector columns of the tables; other columns are none of vzctl's business."""
    contents = _Contents(source, Kind.COLUMNS, "column")
    reader = contents.reader
    tables = _Contents(source, Kind.COLUMNS, "table")
    found = []
    for number, value in enumerate(_explained(reader, status, "tables"), start=1):
        place = f"table {number}"
        row = reader.table(value, place)
        table = reader.text(row, "name", place)
        tables.require_once(table)
        if row.get("definition") is None:
            tables.pass_over(
                table, "OPTIONS_MISSING", 'the answer has no "definition" of it, so what is recorded stays'
            )
            continue
        columns = reader.optional_table(reader.optional_table(row, "definition", place), "columns", place)
        for column, definition in columns.items():
            if not isinstance(definition, dict) or definition.get("type") != "vector":
                continue
            service = contents.service(definition, f"{table}.{column}", _column_fault(table, column))
            if service is not None:
                found.append(ObservedColumn(table, column, service))
    return TablesAnswer(
        columns=tuple(found),
        unreadable=frozenset(contents.unreadable),
        remarks=(*tables.remarks, *contents.remarks),
        has_more=has_more or bool(tables.unreadable),
    )


def _column_fault(table: str, column: str) -> str | None:
    if "." in column:
        return "a column with a '.' in its name cannot be told from its table"
    return place_name_fault(table) or place_name_fault(column)


def _explained(reader: Reader, status: Mapping[str, Any], key: str) -> list[Any]:
    rows = reader.rows(status[key], f'"{key}"')
    if rows and all(isinstance(row, str) for row in rows):
        raise refused(
            reader.source,
            f"has the names of {key} only, not their services; ask for them: {_EXPLAIN[key]}",
            "ANSWER_NOT_EXPLAINED",
            (suggest("sync", help=True, comment="the requests whose answers it reads"),),
        )
    return rows


def read_service(reader: Reader, vector: Mapping[str, Any], place: str) -> tuple[AttachedService, str | None]:
    """Return what a vector is made by, and why it cannot be kept, or None when it can."""
    dimension = reader.dimension(vector, place)
    service = reader.optional_table(vector, "service", place)
    if not service:
        return AttachedService(dimension=dimension), None
    provider = reader.optional_text(service, "provider", place)
    if provider is None and service.get("provider") == "":
        raise UnholdableError("the name of its provider is empty")
    if provider is None:
        raise malformed(reader.source, place, 'has a service without "provider"')
    model = reader.optional_text(service, "modelName", place)
    credential, fault = _credential(reader, service, place)
    if place_name_fault(provider) is not None:
        fault = "its provider's name is no word"
    elif model is not None and looks_like_secret(model):
        fault = "its model looks like a key"
    known = _known_parameters(provider, model)
    return (
        AttachedService(
            provider=provider,
            authentication=_authentication(provider, credential),
            credential=credential,
            model=model,
            dimension=dimension,
            parameters=reader.parameters(service, known, place),
        ),
        fault,
    )


def _credential(reader: Reader, service: Mapping[str, Any], place: str) -> tuple[str | None, str | None]:
    """Return the credential's name without the suffix that the Data API adds, and why it cannot be one."""
    members = reader.optional_table(service, "authentication", place)
    if "" in members.values():
        return None, "the name of its credential is empty"
    names = {_without_suffix(reader.text(members, key, place), key) for key in members}
    if not names:
        return None, None
    if len(names) > 1:
        return None, "it names several credentials at once"
    name = names.pop()
    if looks_like_secret(name):
        return name, "the name of its credential looks like a key; if it is one, replace it at its provider"
    fault = name_fault(name)
    return name, None if fault is None else f"its credential {shown(name)} cannot be one: {fault}"


def _without_suffix(name: str, member: str) -> str:
    suffix = f".{member}"
    return name.removesuffix(suffix) if suffix in RESERVED_SUFFIXES else name


def _authentication(provider_id: str, credential: str | None) -> Authentication:
    """Without a credential a hosted provider takes nothing, and an external one a key in each request's header."""
    if credential is not None:
        return Authentication.CREDENTIAL
    provider = provider_by_id(provider_id)
    return Authentication.NONE if provider is not None and not provider.takes_credential else Authentication.HEADER


def _known_parameters(provider_id: str, model_name: str | None) -> frozenset[str]:
    provider = provider_by_id(provider_id)
    if provider is None:
        return frozenset()
    model = provider.model(model_name)
    parameters = provider.parameters if model is None else provider.parameters_of(model)
    return frozenset(item.name for item in parameters)
