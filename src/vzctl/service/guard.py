"""Who is asking: the peer's address and the `Host` header on loopback, then a service token or a client certificate.

A web page in a browser on this machine can send requests to loopback; a `Host` that is a name of its own (DNS rebinding)
gives it away, and a token is what it does not have.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vzctl.domain.service_token import HEADERS, NO_DIGEST, token_digest, token_id
from vzctl.usecases.serve_credential import Directory, KnownToken

_TOKEN_HEADERS: Final = frozenset(name.encode() for name in HEADERS)
_NOBODY: Final = KnownToken(NO_DIGEST, "")
_REMEMBERED: Final = 256
"""Addresses and `Host` values that need not be parsed again; a client that invents new ones gains nothing."""
_NEAR_NAMES: Final = frozenset({"localhost", "localhost."})

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Caller:
    """The database that is asking, and the token by which it was recognized."""

    database: str
    token: str | None


@dataclass(frozen=True, slots=True)
class Denied:
    """Why nobody was recognized: for the log, never for the caller."""

    reason: str


def is_near(peer: Sequence[object] | None, headers: Headers) -> bool:
    """Whether a request to a loopback address comes from this machine and names this machine."""
    hosts = [value for name, value in headers if name == b"host"]
    return peer is not None and _is_loopback(str(peer[0])) and len(hosts) == 1 and _is_near_host(hosts[0])


def identify(
    directory: Directory, headers: Headers, certificate_names: Sequence[str], bound_database: str | None
) -> Caller | Denied:
    """Return the database that is asking. Everything that speaks for one must speak for the same one."""
    tokens = [value for name, value in headers if name in _TOKEN_HEADERS]
    if tokens and tokens.count(tokens[0]) != len(tokens):
        return Denied("several tokens")
    spoken: set[str] = set()
    used = None
    if tokens:
        known, used = _known(directory, tokens[0])
        if not known.database:
            return Denied("unknown token")
        spoken.add(known.database)
    if certificate_names:
        named = {directory.certificates.get(name.casefold(), "") for name in certificate_names} - {""}
        if not named and not tokens and used is None:
            return Denied("unknown certificate")
        spoken |= named
    if bound_database is not None:
        spoken.add(bound_database)
    if not spoken:
        return Denied("no token")
    if len(spoken) > 1:
        return Denied("token, certificate and --database name different databases")
    (database,) = spoken
    return Caller(database, used)


def _known(directory: Directory, value: bytes) -> tuple[KnownToken, str | None]:
    """Return whose token it is, or nobody's; both after the same work, one hash and one comparison of equal lengths."""
    text = value.decode("latin-1")
    claimed = token_id(text)
    candidate = directory.tokens.get(claimed or "", _NOBODY)
    is_right = hmac.compare_digest(token_digest(text), candidate.digest)
    return (candidate, claimed) if is_right else (_NOBODY, None)


@lru_cache(maxsize=_REMEMBERED)
def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


@lru_cache(maxsize=_REMEMBERED)
def _is_near_host(value: bytes) -> bool:
    text = value.decode("latin-1").lower()
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        is_port = not rest or (rest[0] == ":" and rest[1:].isdigit())
        return bool(bracket) and is_port and _is_loopback(host)
    host, _, port = text.partition(":")
    return (not port or port.isdigit()) and (host in _NEAR_NAMES or _is_loopback(host))
