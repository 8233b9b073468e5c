"""The Data API's side of the credential protocol: its paths, headers, retries and limits, and what it makes of answers.

Observed on the open-source Data API: exact-name look-up in `credentials`, upper-case `ID`, three retries of an answer that
is not 2xx, none of a refused connection, connections kept alive, 5 s until it gives up and shows the path to its caller.
"""

from __future__ import annotations

import http.client
import json
import ssl
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

READ_SECONDS: Final = 5.0
RETRIES: Final = 3
DATABASE_TOKEN: Final = "Cassandra:Y2Fzc2FuZHJh:cGFzc3dvcmQtb2YtdGhlLWRhdGFiYXNl"
USER_AGENT: Final = "Quarkus REST Client"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came."""

    status: int
    content_type: str
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON in it."""
        return json.loads(self.body)


class CredentialFailedError(Exception):
    """The Data API's caller gets an error instead of vectors; the text is what it shows."""


@dataclass
class DataApi:
    """One instance, with the headers that an operator configured; `calls` remembers the paths that were asked."""

    host: str
    port: int
    headers: dict[str, str] = field(default_factory=dict)
    prefix: str = "/v1"
    tls: ssl.SSLContext | None = None
    calls: list[str] = field(default_factory=list)
    read_seconds: float = READ_SECONDS
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Ask once, on the connection that is open."""
        self.calls.append(path)
        sent = {
            "Authorization": f"Bearer {DATABASE_TOKEN}",
            "X-Datastax-Request-ID": str(uuid.uuid4()),
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            **self.headers,
            **(headers or {}),
        }
        connection = self._open()
        try:
            connection.request("GET", path, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers.get("content-type", ""), response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def path(self, provider: str, name: str, *, valid: bool = False) -> str:
        """Return the path of a stored credential; the name gets its suffix as the Data API gives it."""
        suffixed = name if name.rpartition(".")[2] == "providerKey" else f"{name}.providerKey"
        check = "/valid" if valid else ""
        return f"{self.prefix}/databases/SINGLE-TENANT/integrations-type/{provider}/creds/{suffixed}{check}"

    def validate(self, provider: str, name: str) -> None:
        """Do what `createCollection` does before it creates; raise when the credential is not valid."""
        found = self._ask(self.path(provider, name, valid=True))
        credentials = found.get("credentials")
        if found.get("errors"):
            raise CredentialFailedError(f"VECTORIZE_CREDENTIAL_INVALID: with error: {_shown(found['errors'])}.")
        if not credentials or not all(credentials.values()):
            raise CredentialFailedError("VECTORIZE_CREDENTIAL_INVALID: Credential validation failed")

    def key(self, provider: str, name: str) -> str:
        """Do what every `$vectorize` request does; return the key that goes to the provider."""
        path = self.path(provider, name)
        found = self._ask(path)
        if found.get("errors"):
            raise CredentialFailedError(
                "EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE: Credential error from SyncService: "
                f"{_shown(found['errors'])}"
            )
        key = (found.get("credentials") or {}).get(path.rpartition("/")[2])
        if key is None:
            raise CredentialFailedError("EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED")
        assert isinstance(key, str)
        return key

    def close(self) -> None:
        """Close the connection, as an idle one is closed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        """A test that is done with an instance leaves no connection open."""
        self.close()

    def _ask(self, path: str) -> dict[str, Any]:
        answer = self.get(path)
        for _ in range(RETRIES):
            if 200 <= answer.status < 300:
                break
            answer = self.get(path)
        if not 200 <= answer.status < 300:
            raise CredentialFailedError(
                f"EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE: Error Code: {answer.status}"
            )
        if answer.content_type.partition(";")[0] != "application/json":
            raise CredentialFailedError("UNEXPECTED_SERVER_ERROR: ProcessingException in SyncServiceClient")
        document: dict[str, Any] = answer.document
        return document

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            if self.tls is not None:
                self._connection = http.client.HTTPSConnection(
                    self.host, self.port, timeout=self.read_seconds, context=self.tls
                )
            else:
                self._connection = http.client.HTTPConnection(self.host, self.port, timeout=self.read_seconds)
        return self._connection


def _shown(errors: list[dict[str, str]]) -> str:
    return ", ".join(f"({item['ID']}): {item['message']}" for item in errors)
