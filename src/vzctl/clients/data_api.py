"""The Data API of one database, of Astra or self-hosted: commands, and what their answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vzctl.clients.endpoint import command_url, token_kind
from vzctl.clients.fault import NoReply, error_for
from vzctl.clients.host_label import keyspace_path
from vzctl.clients.http import Http
from vzctl.clients.message import LARGE_ANSWER, Call, Reply, SecretHeader, unexpected_reply
from vzctl.command import suggest
from vzctl.domain.state.names import strip_data_api_suffix
from vzctl.errors import AstraError, AuthError, VzctlError
from vzctl.secret import Secret

EMBEDDING_HEADER: Final = "x-embedding-api-key"
SCHEMA_SECONDS: Final = 90.0
"""Creating a collection takes more than ten seconds, and the database is silent meanwhile."""
_NOT_ALLOWED: Final = frozenset({"UNAUTHENTICATED_REQUEST", "MISSING_AUTHENTICATION_TOKEN"})
_PROVIDER_STATUS: Final = re.compile(r"\bHTTP (\d{3}); error message: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ApiFault:
    """An error of the Data API: its code and its words, safe to show; the provider's status when it passes one on."""

    code: str
    message: str
    provider_status: int | None = None


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """The answer to a command: `status` and `data` as they came, and its first error, if there is one."""

    status: Mapping[str, Any]
    data: Mapping[str, Any]
    fault: ApiFault | None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A collection or a vector column with its service, as the Data API lists it; `credential` is the name alone."""

    table: str | None
    name: str
    provider: str | None = None
    model: str | None = None
    dimension: int | None = None
    credential: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class DataApi:
    """Asks one database with one token. `name` is what people call the database."""

    def __init__(self, http: Http, endpoint: str, token: Secret, name: str) -> None:
        self._http = http
        self._endpoint = endpoint
        self._url = command_url(endpoint)
        self._token = token
        self._party = f'the Data API of "{name}"'

    def keyspaces(self) -> list[str]:
        """Return the keyspaces that are not the system's own."""
        found = _words(self._checked("findKeyspaces", {}).status.get("keyspaces"))
        return [item for item in found if item != "system" and not item.startswith(("system_", "dse_", "datastax_"))]

    def collections(self, keyspace: str) -> list[Described]:
        """Return the collections of a keyspace with their services."""
        answer = self._checked("findCollections", {"options": {"explain": True}}, keyspace)
        return [_collection(item) for item in _objects(answer.status.get("collections"))]

    def columns(self, keyspace: str) -> list[Described]:
        """Return the vector columns of all tables of a keyspace."""
        answer = self._checked("listTables", {"options": {"explain": True}}, keyspace)
        return [column for table in _objects(answer.status.get("tables")) for column in _columns(table)]

    def command(
        self,
        name: str,
        body: Mapping[str, Any],
        keyspace: str | None = None,
        leaf: str | None = None,
        *,
        key: Secret | None = None,
        changes_schema: bool = False,
    ) -> ApiAnswer:
        """Send a command and return its answer, errors included; raise when the token is refused or no answer came.

        `key` goes along as a provider's key for this request: it wins over a stored one. `changes_schema`: the
        command is meant to change something, which takes its time.
        """
        places = [keyspace_path("keyspace", keyspace)] if keyspace is not None else []
        places += [keyspace_path("collection or table", leaf)] if leaf is not None else []
        headers = [SecretHeader("Token", self._token, what=token_kind(self._token))]
        headers += [SecretHeader(EMBEDDING_HEADER, key, what="a provider key")] if key is not None else []
        call = Call(
            party=self._party,
            method="POST",
            url="/".join([self._url, *places]),
            secrets=tuple(headers),
            body={name: body},
            largest_answer=LARGE_ANSWER,
            patience_seconds=SCHEMA_SECONDS if changes_schema else 0.0,
        )
        try:
            reply = self._http.send(call)
        except NoReply as fault:
            raise error_for(fault, "astra") from None
        return self._answer(reply)

    def _checked(self, name: str, body: Mapping[str, Any], keyspace: str | None = None) -> ApiAnswer:
        answer = self.command(name, body, keyspace)
        if answer.fault is not None:
            raise self.refused(answer.fault)
        return answer

    def refused(self, fault: ApiFault) -> VzctlError:
        """Return the error of a command that the Data API did not carry out."""
        return AstraError(f"{self._party} refuses: {fault.message}", code="DATA_API_REFUSED").answered(200, fault.code)

    def _answer(self, reply: Reply) -> ApiAnswer:
        document = reply.document
        fault = _fault(reply, document)
        if reply.status in (401, 403) or (fault is not None and fault.code in _NOT_ALLOWED):
            raise self._not_allowed(reply, fault)
        if reply.status == 503:
            raise AstraError(
                f"{self._party} is not there (HTTP 503): the database may be hibernated and is waking up now",
                code="DATABASE_NOT_READY",
                retryable=True,
                next_steps=(suggest("databases wait", "DB", status="ACTIVE", comment="until it is active"),),
            ).answered(503)
        if not isinstance(document, dict) or reply.status != 200:
            where = "it points to another address" if reply.is_redirect else reply.shown()
            raise unexpected_reply(self._party, reply, f", and no answer to a command: {where}")
        return ApiAnswer(_mapping(document.get("status")), _mapping(document.get("data")), fault, reply.seconds)

    def _not_allowed(self, reply: Reply, fault: ApiFault | None) -> AuthError:
        lacks_rights = reply.status == 403 or (fault is not None and fault.code == "UNAUTHORIZED_ACCESS")
        reason = "lacks the rights for this" if lacks_rights else "is wrong, expired or of another organization"
        return AuthError(
            f"{self._party} refuses the token: it {reason}",
            code="TOKEN_LACKS_RIGHTS" if lacks_rights else "TOKEN_REJECTED",
            side="astra",
            next_steps=(suggest("help", "environment", comment="where the token is taken from"),),
        ).answered(reply.status, fault.code if fault is not None else None)


def _fault(reply: Reply, document: Any) -> ApiFault | None:
    """Return the first error of an answer. Its provider's status is in its words; the words of a provider are foreign."""
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(errors, list) or not errors:
        return None
    first = errors[0] if isinstance(errors[0], dict) else {}
    message = first.get("message")
    code = first.get("errorCode")
    if not isinstance(code, str):
        extensions = first.get("extensions")
        code = extensions.get("errorCode") if isinstance(extensions, dict) else None
    text = message if isinstance(message, str) else str(first.get("title") or "no message")
    passed_on = _PROVIDER_STATUS.search(text)
    status = int(passed_on[1]) if passed_on is not None else None
    return ApiFault(reply.shown(code) if isinstance(code, str) else "UNKNOWN", reply.shown(text), status)


def _collection(item: Mapping[str, Any]) -> Described:
    options = _mapping(item.get("options"))
    vector = _mapping(options.get("vector"))
    return _described(None, str(item.get("name")), vector, options)


def _columns(table: Mapping[str, Any]) -> list[Described]:
    columns = _mapping(_mapping(table.get("definition")).get("columns"))
    return [
        _described(str(table.get("name")), name, column, {})
        for name, column in columns.items()
        if isinstance(column, dict) and column.get("type") == "vector"
    ]


def _described(table: str | None, name: str, vector: Mapping[str, Any], options: Mapping[str, Any]) -> Described:
    service = _mapping(vector.get("service"))
    authentication = _mapping(service.get("authentication"))
    stored = authentication.get("providerKey")
    dimension = vector.get("dimension")
    return Described(
        table=table,
        name=name,
        provider=service["provider"] if isinstance(service.get("provider"), str) else None,
        model=service["modelName"] if isinstance(service.get("modelName"), str) else None,
        dimension=dimension if isinstance(dimension, int) else None,
        credential=strip_data_api_suffix(stored) if isinstance(stored, str) else None,
        options=options,
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _words(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
