"""The Data API's side of a connection: its limit, no redirect followed, failures in vzctl's own words."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from vzctl.errors import UsageError
from vzctl.usecases.serve.check import Reply, UnreachableError

READ_SECONDS: Final = 5.0
"""What a Data API waits."""
BODY_BYTES_AT_MOST: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """Where the service is, and how TLS is set up."""

    url: str
    authority: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None


class ServiceClient:
    """Sends what a Data API sends."""

    def __init__(self, request: ClientOptions) -> None:
        self.url = request.url
        self.has_certificate = request.client_certificate is not None
        parts = split_url(request.url)
        self._host, self._prefix = parts[1], parts[3]
        self.is_secure = parts[0] == "https"
        self._port = parts[2] or (443 if self.is_secure else 80)
        self.is_near = self._host in ("localhost", "::1") or self._host.startswith("127.")
        self._tls = _tls(request) if self.is_secure else None

    def get(self, path: str, token: str | None, *, at_root: bool = False) -> Reply:
        """Return the answer; raise `UnreachableError`."""
        headers = {"Accept": "application/json", "User-Agent": "vzctl serve check"}
        if token is not None:
            headers["X-Vzctl-Token"] = token
        connection = self._connection()
        try:
            connection.request("GET", path if at_root else f"{self._prefix}{path}", headers=headers)
            response = connection.getresponse()
            body = response.read(BODY_BYTES_AT_MOST)
        except ssl.SSLCertVerificationError as error:
            raise UnreachableError(f"its certificate is not believed: {error.verify_message}; give --ca") from None
        except ssl.SSLError:
            raise UnreachableError("TLS failed: is it https on both sides, and does it want a certificate?") from None
        except socket.gaierror:
            raise UnreachableError("the host's name is not known") from None
        except TimeoutError:
            raise UnreachableError(f"no answer within {READ_SECONDS:g} s") from None
        except ConnectionRefusedError:
            raise UnreachableError("connection refused: nothing listens there") from None
        except (OSError, http.client.HTTPException):
            raise UnreachableError("the connection broke: is it http on both sides?") from None
        finally:
            connection.close()
        return Reply(response.status, response.headers.get("content-type", ""), _json(body))

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=READ_SECONDS, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=READ_SECONDS)


def split_url(url: str) -> tuple[str, str, int | None, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    is_plain = url.isascii() and url.isprintable() and " " not in url and not (parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or not is_plain:
        raise UsageError(
            "--url is an address such as http://127.0.0.1:8084/v1, without user, password, query or fragment",
            code="URL_INVALID",
        )
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/")


def _tls(request: ClientOptions) -> ssl.SSLContext:
    if (request.client_certificate is None) != (request.client_key is None):
        raise UsageError("--client-cert and --client-key belong together", code="USAGE")
    context = ssl.create_default_context()
    try:
        if request.authority is not None:
            context.load_verify_locations(request.authority)
        if request.client_certificate is not None:
            context.load_cert_chain(request.client_certificate, request.client_key, password=_no_password)
    except (OSError, ValueError):
        raise UsageError(
            "the certificate files cannot be used: PEM, the key without a passphrase", code="TLS_INVALID"
        ) from None
    return context


def _no_password() -> str:
    raise ValueError("the key has a passphrase")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
