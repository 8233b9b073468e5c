"""One connection with bounds: for how long a request may take to arrive and to be answered, and how many there may be.

The web server bounds the size of a request's head and how long a connection may be idle. It does not bound how slowly a
request trickles in, which would let anybody hold a connection for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from vzctl.service.application import CERTIFICATE_NAMES

REQUEST_SECONDS: Final = 10.0
CONNECTIONS_AT_MOST: Final = 512
"""More are answered with 503; twice as many are not even read."""
HEAD_BYTES_AT_MOST: Final = 16 * 1024
IDLE_SECONDS: Final = 75
"""Longer than a Java client keeps an idle connection, so that the client closes first and never meets a closed one."""
HANDSHAKE_SECONDS: Final = 5.0
LAST_WORDS_SECONDS: Final = 0.3
"""At the end, for how long a request may still come on a connection that was idle."""


class BoundedConnection(H11Protocol):
    """The server's protocol with a deadline from a request's first byte to its answer's last."""

    _deadline: asyncio.TimerHandle | None = None
    _has_ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a connection that says nothing at first is closed as well."""
        super().connection_made(transport)
        if len(self.connections) > 2 * CONNECTIONS_AT_MOST:
            transport.abort()
            return
        names = certificate_names(transport.get_extra_info("peercert"))
        if names:
            self.app = _with_names(self.app, names)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Go on, and keep the clock running as long as a request is not whole or not answered."""
        super().data_received(data)
        self._arm() if self._is_busy else self._disarm()

    def shutdown(self) -> None:
        """End, but not under a request that is on its way: what the client has sent by now is read and answered."""
        if self._is_busy:
            super().shutdown()
        else:
            self.loop.call_later(LAST_WORDS_SECONDS, self._close_when_idle)

    def _close_when_idle(self) -> None:
        if not self._is_busy and not self.transport.is_closing():
            super().shutdown()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Answer whoever has said everything and still listens; TLS knows no such half."""
        self._has_ended = True
        return self._is_busy and self.scheme == "http"

    def on_response_complete(self) -> None:
        """Begin a new time for the next request, which may be there already."""
        self._disarm()
        super().on_response_complete()
        if self._is_busy:
            self._arm()
        elif self._has_ended:
            self.transport.close()

    @property
    def _is_busy(self) -> bool:
        # Typed as if there always were one.
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            return True
        state = self.conn.their_state
        return state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.abort()


class BoundedLoop(asyncio.SelectorEventLoop):
    """The event loop, whose servers do not wait a minute for the first words of TLS."""

    async def create_server(self, protocol_factory: Any, *arguments: Any, **options: Any) -> Any:
        """Make a server as usual."""
        if options.get("ssl") is not None:
            options.setdefault("ssl_handshake_timeout", HANDSHAKE_SECONDS)
        return await super().create_server(protocol_factory, *arguments, **options)


def certificate_names(certificate: Any) -> tuple[str, ...]:
    """Return the common name, DNS names and URIs of a client certificate that was checked against `--client-ca`."""
    if not certificate:
        return ()
    common = [value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    other = [value for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "URI")]
    return tuple(dict.fromkeys([*common, *other]))


def _with_names(app: ASGIApp, names: Sequence[str]) -> ASGIApp:
    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CERTIFICATE_NAMES: names}, receive, send)

    return named
