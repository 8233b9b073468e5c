"""Who is asking: the peer's address and the `Host` header on loopback, then a service token or a client certificate.

A web page in a browser on this machine can send requests to loopback; a `Host` that is a name of its own (DNS rebinding)
gives it away, and a token is what it does not have.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from vzctl.domain.state.service_token import HEADERS, NO_DIGEST, token_digest, token_id
from vzctl.usecases.serve.credential import Directory, KnownToken

_TOKEN_HEADERS: Final = frozenset(name.encode() for name in HEADERS)
_NOBODY: Final = KnownToken(NO_DIGEST, "")
_HOST: Final = re.compile(rb"(localhost|127\.[0-9.]+|\[::1\])(?::([1-9][0-9]{0,4}))?", re.IGNORECASE)
"""The names of this machine that a client is configured with, and a port; other spellings of them are nobody's."""
_HIGHEST_PORT: Final = 65535
_UNKNOWN_BESIDE_CERTIFICATE: Final = (
    "the client certificate is valid, but the token sent with it is unknown: remove the token header from the Data API, "
    "or set a token of vzctl databases token create"
)

Headers = Iterable[tuple[bytes, bytes]]
CertificateName = tuple[str, str]
"""`CN`, `DNS` or `URI`, and the name."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The database that is asking, and the token by which it was recognized."""

    database: str
    token: str | None


@dataclass(frozen=True, slots=True)
class Denied:
    """Why nobody was recognized: for the log, never for the caller. `database` is that of a certificate that was right."""

    reason: str
    database: str | None = None


def is_near(peer: Sequence[object] | None, headers: Headers) -> bool:
    """Whether a request to a loopback address comes from this machine and names this machine."""
    hosts = [value for name, value in headers if name == b"host"]
    return peer is not None and _is_loopback(str(peer[0])) and len(hosts) == 1 and _is_near_host(hosts[0])


def identify(
    directory: Directory, headers: Headers, certificate_names: Sequence[CertificateName], bound_database: str | None
) -> Caller | Denied:
    """Return the database that is asking. Everything that speaks for one must speak for the same one.

    So a token that is not known is refused beside a certificate that is: it may have been revoked, to shut its user out.
    """
    tokens = [value for name, value in headers if name in _TOKEN_HEADERS]
    if tokens and tokens.count(tokens[0]) != len(tokens):
        return Denied("several tokens")
    spoken = {directory.database_of_certificate(kind, name) for kind, name in certificate_names} - {None}
    used = None
    if tokens:
        known, used = _known(directory, tokens[0])
        if not known.database:
            if not spoken:
                return Denied("unknown token")
            return Denied(_UNKNOWN_BESIDE_CERTIFICATE, next(iter(spoken)) if len(spoken) == 1 else None)
        spoken.add(known.database)
    elif certificate_names and not spoken:
        return Denied("unknown certificate")
    if bound_database is not None:
        spoken.add(bound_database)
    if len(spoken) > 1:
        return Denied("token, certificate and --database name different databases")
    for database in spoken:
        if database is not None:
            return Caller(database, used)
    return Denied("no token")


def _known(directory: Directory, value: bytes) -> tuple[KnownToken, str | None]:
    """Return whose token it is, or nobody's; both after the same work, one hash and one comparison of equal lengths."""
    text = value.decode("latin-1")
    claimed = token_id(text)
    candidate = directory.tokens.get(claimed or "", _NOBODY)
    is_right = hmac.compare_digest(token_digest(text), candidate.digest)
    return (candidate, claimed) if is_right else (_NOBODY, None)


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _is_near_host(value: bytes) -> bool:
    found = _HOST.fullmatch(value)
    if found is None or (found[2] is not None and int(found[2]) > _HIGHEST_PORT):
        return False
    name = found[1].decode("ascii")
    return not name.startswith("127.") or _is_loopback(name)
