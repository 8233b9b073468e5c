"""The DevOps API's databases. Secure bundle URLs in them are secrets: nothing is read but what is named here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from vzctl.answers.answer import DatabasesAnswer
from vzctl.answers.failure import malformed, refused
from vzctl.answers.fields import Reader, UnholdableError, shown
from vzctl.domain.drift.observation import Kind, ObservedDatabase, Remark
from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.domain.state.names import database_name_fault

VECTOR: Final = "vector"
_STATUS: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,39}")
_HOST: Final = re.compile(r"[a-z0-9-]+\.apps\.astra(?:-dev|-test)?\.datastax\.com")


def looks_like_database(value: object) -> bool:
    """Whether this is one item of the DevOps API's list."""
    return isinstance(value, dict) and "id" in value and isinstance(value.get("info"), dict)


def read_databases(rows: Sequence[Any], source: str, *, is_page: bool) -> DatabasesAnswer:
    """Return the databases; raise `UsageError` when one has the wrong form, or is there twice."""
    reader = Reader(source)
    databases: list[ObservedDatabase] = []
    seen: set[str] = set()
    unreadable: set[str] = set()
    organizations: set[str] = set()
    remarks: list[Remark] = []
    for number, value in enumerate(rows, start=1):
        place = f"database {number}"
        row = reader.table(value, place)
        database_id = _id(reader, row, place)
        if database_id in seen:
            raise refused(source, f"has the database {database_id} twice", "ANSWER_DUPLICATE")
        seen.add(database_id)
        if row.get("orgId"):
            organizations.add(reader.text(row, "orgId", place))
        info = reader.table(row.get("info"), f'{place}, "info",')
        name = reader.text(info, "name", place)
        fault = database_name_fault(name)
        if fault is not None:
            unreadable.add(database_id)
            remarks.append(_unreadable(database_id, name, fault))
            continue
        endpoint, remark = _endpoint(row, database_id, name)
        remarks += [remark] if remark is not None else []
        try:
            databases.append(_database(reader, row, info, place, database_id, endpoint))
        except UnholdableError as error:
            unreadable.add(database_id)
            message = f"the database {shown(name)} is passed over: {error}"
            remarks.append(Remark("DATABASE_UNREADABLE", Kind.DATABASES, database_id, message))
    return DatabasesAnswer(
        databases=tuple(databases),
        unreadable=frozenset(unreadable),
        organizations=frozenset(organizations),
        is_page=is_page,
        remarks=tuple(remarks),
    )


def _database(
    reader: Reader, row: Mapping[str, Any], info: Mapping[str, Any], place: str, database_id: str, endpoint: str | None
) -> ObservedDatabase:
    status = reader.text(row, "status", place)
    if not _STATUS.fullmatch(status):
        raise malformed(reader.source, place, 'has a "status" that is no word')
    kind = reader.optional_text(info, "dbType", place)
    return ObservedDatabase(
        id=database_id,
        name=str(info["name"]),
        status=status.upper(),
        region=_region(reader, info, place),
        endpoint=endpoint,
        is_vector=None if kind is None else kind == VECTOR,
    )


def _id(reader: Reader, row: Mapping[str, Any], place: str) -> str:
    try:
        return str(UUID(reader.text(row, "id", place)))
    except ValueError:
        raise malformed(reader.source, place, 'has an "id" that is no UUID') from None


def _region(reader: Reader, info: Mapping[str, Any], place: str) -> str | None:
    """Return the region, or the first one of a database that has several."""
    region = reader.optional_text(info, "region", place)
    centers = info.get("datacenters")
    if region is None and isinstance(centers, list) and centers:
        region = reader.optional_text(reader.table(centers[0], f'{place}, "datacenters",'), "region", place)
    return None if region is None or looks_like_secret(region) else region


def _endpoint(row: Mapping[str, Any], database_id: str, name: str) -> tuple[str | None, Remark | None]:
    """Return the Data API's address. Tokens are sent there, so a host that is not Astra's for this database is not kept."""
    url = row.get("dataEndpointUrl")
    if not isinstance(url, str) or not url:
        return None, None
    try:
        parts = urlsplit(url)
        host, port, user = parts.hostname or "", parts.port, parts.username
    except ValueError:
        host, port, user = "", None, None
    if user is None and port is None and host.startswith(f"{database_id}-") and _HOST.fullmatch(host):
        return f"https://{host}", None
    message = f"the endpoint of the database {shown(name)} is no address of Astra for it: not recorded"
    return None, Remark("ENDPOINT_FOREIGN", Kind.DATABASES, name, message)


def _unreadable(database_id: str, name: str, fault: str) -> Remark:
    message = f"the database {database_id} is named {shown(name)}, which vzctl refuses: {fault}; it is passed over"
    return Remark("DATABASE_NAME_INVALID", Kind.DATABASES, database_id, message)
