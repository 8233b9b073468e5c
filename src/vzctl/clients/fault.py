"""Why no answer came: every exception of the HTTP library, and what lies below it, as one of a few causes."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from vzctl.command import suggest
from vzctl.errors import ERROR_OF_SIDE, VzctlError


class Cause(StrEnum):
    """What went wrong on the way."""

    TIMEOUT = "timeout"
    DNS = "dns"
    REFUSED = "refused"
    TLS = "tls"
    RESET = "reset"
    PROXY = "proxy"
    PROTOCOL = "protocol"
    TOO_LARGE = "too large"
    BAD_URL = "bad url"
    STOPPED = "stopped"


SENTENCES: Final = {
    Cause.TIMEOUT: "did not answer in time",
    Cause.DNS: "has a host name that does not resolve",
    Cause.REFUSED: "cannot be reached: the connection was refused or there is no way to it",
    Cause.TLS: "showed no certificate that is trusted here",
    Cause.RESET: "broke the connection before its answer was complete",
    Cause.PROXY: "cannot be reached through the proxy",
    Cause.PROTOCOL: "answered with something that is no HTTP",
    Cause.TOO_LARGE: "answered with far more than such an answer can be",
    Cause.BAD_URL: "has an address that is no URL",
    Cause.STOPPED: "was not waited for: the command was interrupted",
}
_THIS_MACHINE: Final = frozenset({Cause.DNS, Cause.REFUSED, Cause.TLS, Cause.PROXY, Cause.BAD_URL, Cause.STOPPED})
"""Causes that may lie between here and there; they are not blamed on the other side."""
_HINTS: Final = {
    Cause.TLS: "for a private certificate authority set SSL_CERT_FILE to its bundle",
    Cause.PROXY: "HTTPS_PROXY and NO_PROXY decide which proxy is used",
    Cause.DNS: "check the network here, and the names in the service's parameters",
    Cause.REFUSED: "check the network and the firewall here",
}

_HEAD_TOO_LARGE: Final = 431
"""The status that h11 suggests where the headers outgrow its own limit."""

CAUSES: Final = {
    "CloseError": Cause.RESET,
    "ConnectError": Cause.REFUSED,
    "ConnectTimeout": Cause.TIMEOUT,
    "CookieConflict": Cause.PROTOCOL,
    "DecodingError": Cause.PROTOCOL,
    "HTTPError": Cause.PROTOCOL,
    "HTTPStatusError": Cause.PROTOCOL,
    "InvalidURL": Cause.BAD_URL,
    "LocalProtocolError": Cause.PROTOCOL,
    "NetworkError": Cause.RESET,
    "PoolTimeout": Cause.TIMEOUT,
    "ProtocolError": Cause.PROTOCOL,
    "ProxyError": Cause.PROXY,
    "ReadError": Cause.RESET,
    "ReadTimeout": Cause.TIMEOUT,
    "RemoteProtocolError": Cause.RESET,
    "RequestError": Cause.PROTOCOL,
    "RequestNotRead": Cause.PROTOCOL,
    "ResponseNotRead": Cause.PROTOCOL,
    "StreamClosed": Cause.RESET,
    "StreamConsumed": Cause.PROTOCOL,
    "StreamError": Cause.RESET,
    "TimeoutException": Cause.TIMEOUT,
    "TooManyRedirects": Cause.PROTOCOL,
    "TransportError": Cause.RESET,
    "UnsupportedProtocol": Cause.BAD_URL,
    "WriteError": Cause.RESET,
    "WriteTimeout": Cause.TIMEOUT,
}
"""Every exception that httpx exports, by name. A test fails when a new version exports another one."""


class NoReply(Exception):  # noqa: N818  (says what happened; it becomes an error, or a verdict, at the caller)
    """No answer came from `party`, the name that people know the other side by."""

    def __init__(self, cause: Cause, party: str) -> None:
        super().__init__(f"{party} {SENTENCES[cause]}")
        self.cause = cause
        self.party = party

    @property
    def sentence(self) -> str:
        """What happened, for people; holds no part of a request."""
        return f"{self.party} {SENTENCES[self.cause]}"

    @property
    def hint(self) -> str | None:
        """What may be looked at on this machine."""
        return _HINTS.get(self.cause)

    @property
    def is_of_this_machine(self) -> bool:
        """Whether the reason may lie on this machine or its network."""
        return self.cause in _THIS_MACHINE


def cause_of(error: BaseException) -> Cause:
    """Return the cause of an exception of httpx, or of what it was raised from."""
    for inner in _chain(error):
        if isinstance(inner, ssl.SSLError):
            return Cause.TLS
        if isinstance(inner, socket.gaierror):
            return Cause.DNS
        if isinstance(inner, OverflowError):
            return Cause.BAD_URL  # a port that there cannot be
        if getattr(inner, "error_status_hint", None) == _HEAD_TOO_LARGE:
            return Cause.TOO_LARGE
    for kind in type(error).__mro__:
        if kind.__name__ in CAUSES:
            return CAUSES[kind.__name__]
    return Cause.TIMEOUT if isinstance(error, TimeoutError) else Cause.RESET


def error_for(fault: NoReply, side: str) -> VzctlError:
    """Return the error of a command that needed the answer; `side` is `astra` or `provider`."""
    side = "unknown" if fault.is_of_this_machine else side
    steps = (suggest("help", "environment", comment=fault.hint),) if fault.hint is not None else ()
    return ERROR_OF_SIDE[side](
        fault.sentence,
        code=f"NO_ANSWER_{fault.cause.name}",
        retryable=fault.cause in (Cause.TIMEOUT, Cause.RESET, Cause.REFUSED),
        next_steps=steps,
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything that it was raised from or because of, groups included, each once."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
