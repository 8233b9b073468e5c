"""One connection with bounds: for how long a request may take to arrive and to be answered, and how many there may be.

The web server bounds the size of a request's head and how long a connection may be idle. It does not bound how slowly a
request trickles in, which would let anybody hold a connection for ever, and it does not know who has authenticated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from vzctl.service.application import AUTHENTICATED, CERTIFICATE_NAMES
from vzctl.service.guard import CertificateName
from vzctl.service.slots import UNKNOWN_CONNECTIONS_AT_MOST, Slots

REQUEST_SECONDS: Final = 10.0
UNKNOWN_SECONDS: Final = 5
"""For the first request of a connection to arrive, and between two requests of one that has not authenticated."""
CONNECTIONS_AT_MOST: Final = 512 + UNKNOWN_CONNECTIONS_AT_MOST
"""More are answered with 503. Those without authentication are too few to fill them."""
HEAD_BYTES_AT_MOST: Final = 16 * 1024
_RECEIVED_AT_ONCE: Final = 1024
"""h11 measures a head only while it is incomplete: a head of any size that arrives in one piece would be accepted."""
IDLE_SECONDS: Final = 75
"""Longer than a Java client keeps an idle connection, so that the client closes first and never meets a closed one."""
HANDSHAKE_SECONDS: Final = 5.0
GOODBYE_SECONDS: Final = 1.0
"""How long the end of a TLS connection waits for the client to agree; an idle one may never do so."""
LAST_WORDS_SECONDS: Final = 0.3
"""At the end, for how long a request may still come on a connection that was idle."""


class BoundedConnection(H11Protocol):
    """The server's protocol with a deadline from a request's first byte to its answer's last."""

    _deadline: asyncio.TimerHandle | None = None
    _has_ended = False
    _is_connected = False
    _is_known = False

    def __init__(self, *arguments: Any, slots: Slots, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._slots = slots
        self.timeout_keep_alive = UNKNOWN_SECONDS
        # The loop makes the protocol in a task of its own, which then waits for the end of the TLS handshake: until then
        # there is no transport to close.
        self._accepting = asyncio.current_task()
        slots.enter(self)
        if self._accepting is not None:
            self._accepting.add_done_callback(self._accepted)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a connection that says nothing at first is closed as well."""
        super().connection_made(transport)
        self._is_connected = True
        self.app = _for_connection(
            self.app, certificate_names(transport.get_extra_info("peercert")), self._authenticated
        )
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._slots.leave(self)
        self._disarm()
        super().connection_lost(exc)

    def give_way(self) -> None:
        """Close at once, whatever was sent."""
        if self._is_connected:
            self.transport.abort()
        elif self._accepting is not None:
            self._accepting.cancel()

    def _accepted(self, _task: asyncio.Task[Any]) -> None:
        self._accepting = None
        if not self._is_connected:  # the handshake failed
            self._slots.leave(self)

    def _authenticated(self) -> None:
        """Keep the slot for good, and wait as long as for every Data API."""
        if self._is_known:
            return
        self._is_known = True
        self._slots.leave(self)
        self.timeout_keep_alive = IDLE_SECONDS
        self._disarm()
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Go on, and keep the clock running as long as a request is not whole or not answered."""
        was_answering = self.is_answering
        for start in range(0, len(data), _RECEIVED_AT_ONCE):
            if self.transport.is_closing():
                break
            super().data_received(data[start : start + _RECEIVED_AT_ONCE])
        if not self._is_busy or (self.is_answering and not was_answering and not self._is_known):
            self._disarm()  # and begin anew below: the request of an unknown peer has arrived in time
        if self._is_busy:
            self._arm()

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
    def is_answering(self) -> bool:
        """Whether a request has arrived and is not answered yet."""
        # Typed as if there always were one.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    @property
    def _is_busy(self) -> bool:
        if self.is_answering:
            return True
        state = self.conn.their_state
        return state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def _arm(self) -> None:
        if self._deadline is None:
            seconds = REQUEST_SECONDS if self._is_known or self.is_answering else UNKNOWN_SECONDS
            self._deadline = self.loop.call_later(seconds, self._give_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.abort()


class BoundedLoop(asyncio.SelectorEventLoop):
    """The event loop, whose servers wait a minute neither for the first words of TLS nor for the last ones."""

    async def create_server(self, protocol_factory: Any, *arguments: Any, **options: Any) -> Any:
        """Make a server as usual."""
        if options.get("ssl") is not None:
            options.setdefault("ssl_handshake_timeout", HANDSHAKE_SECONDS)
            options.setdefault("ssl_shutdown_timeout", GOODBYE_SECONDS)
        return await super().create_server(protocol_factory, *arguments, **options)


def certificate_names(certificate: Any) -> tuple[CertificateName, ...]:
    """Return the common name, DNS names and URIs of a client certificate that was checked against `--client-ca`."""
    if not certificate:
        return ()
    common = [("CN", value) for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    other = [(kind, value) for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "URI")]
    return tuple(dict.fromkeys([*common, *other]))


def _for_connection(app: ASGIApp, names: Sequence[CertificateName], authenticated: Callable[[], None]) -> ASGIApp:
    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CERTIFICATE_NAMES: names, AUTHENTICATED: authenticated}, receive, send)

    return named
