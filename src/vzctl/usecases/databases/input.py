"""What people type about a database: its name, status, address and the name in its client certificate."""

from __future__ import annotations

from urllib.parse import urlsplit

from vzctl.command import suggest
from vzctl.domain.catalog.service import require_local
from vzctl.domain.state.names import database_name_fault, refuse_secret_as_name, refuse_secret_in
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.knowledge.loader import section


def parse_database_name(name: str) -> str:
    """Return the name when it can be typed again: printable, not empty, no `/`, no `@`."""
    refuse_secret_as_name(name)
    fault = database_name_fault(name)
    if fault is not None:
        raise UsageError(f"{name[:60]!a} cannot be a database name: {fault}", code="DATABASE_NAME_INVALID")
    return name


def parse_status(status: str) -> str:
    """Return the status in upper case; statuses that nobody knows are recorded and shown as a problem."""
    if not status.isascii() or not status.replace("_", "").isalpha():
        raise UsageError(
            f"{status[:60]!a} is no status; ACTIVE, PENDING and HIBERNATED are some", code="STATUS_INVALID"
        )
    return status.upper()


def parse_endpoint(state: State, endpoint: str | None) -> str | None:
    """Return the endpoint when it is a plain http(s) address of the right plane, without user, query or fragment."""
    if endpoint is None:
        return None
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.username
        or parts.password
        or parts.query
        or parts.fragment
    ):
        raise UsageError(
            "an endpoint is an address such as https://HOST or http://HOST:8181, without user, password, query or fragment",
            code="ENDPOINT_INVALID",
        )
    refuse_secret_in(endpoint, "an endpoint")
    is_astra = host.endswith(tuple(item["apps_domain"] for item in section("hosts")["astra"]["environments"].values()))
    if state.is_local and is_astra:
        raise ConflictError(
            f'"{host}" is an Astra endpoint; this state is the authority for self-hosted databases (control plane local)',
            code="ENDPOINT_OF_OTHER_PLANE",
            next_steps=(
                suggest("init", control_plane="astra", profile="astra", comment="a state of its own for Astra"),
            ),
        )
    return endpoint.rstrip("/")


def parse_certificate_name(state: State, database: Database, name: str) -> str:
    """Return the name by which a client certificate speaks for this database; no other database has it."""
    require_local(state, "a certificate name")
    refuse_secret_in(name, "a certificate name")
    if not name.isascii() or not name.isprintable() or name != name.strip() or not 0 < len(name) <= 200:
        raise UsageError(
            f"{name[:60]!a} cannot be the name in a certificate: it is a subject's common name, a DNS name or a URI",
            code="CERTIFICATE_NAME_INVALID",
            next_steps=(suggest("databases edit", database.id, no_certificate_name=True, comment="to have none"),),
        )
    for other in state.databases:
        if other.id != database.id and (other.certificate_name or "").casefold() == name.casefold():
            raise ConflictError(
                f'the certificate name "{name}" speaks for the database "{other.name}" already',
                code="CERTIFICATE_NAME_TAKEN",
                next_steps=(suggest("databases show", other.id, comment="look at it"),),
            )
    return name
