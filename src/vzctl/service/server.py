"""Starts the service, keeps it running, and ends it so that every request that was begun is answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Final

import uvicorn

from vzctl.command import suggest
from vzctl.domain.catalog.service import require_local
from vzctl.domain.state.address import find_database
from vzctl.errors import ENDING_SIGNALS, UsageError
from vzctl.service.addresses import BACKLOG, address_text, is_loopback, notify, open_sockets
from vzctl.service.application import Application, Dependencies
from vzctl.service.connection import (
    CONNECTIONS_AT_MOST,
    HEAD_BYTES_AT_MOST,
    IDLE_SECONDS,
    BoundedConnection,
    BoundedLoop,
)
from vzctl.service.fetch_recorder import FetchRecorder
from vzctl.service.freshness import LiveState
from vzctl.service.log import LibraryMessages, ServiceLog
from vzctl.service.metrics import Metrics
from vzctl.service.secret_cache import SecretCache
from vzctl.service.slots import Slots
from vzctl.service.tls import is_key_private, server_context
from vzctl.store.state_store import StateStore
from vzctl.usecases.context import Context
from vzctl.usecases.keys.version import read_served
from vzctl.usecases.serve.credential import Directory
from vzctl.vault.exec_command import RUNNING

ENDING_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class RunService:
    """Where to listen, how, and for whom."""

    bind: str = "127.0.0.1:8084"
    database: str | None = None
    certificate: str | None = None
    key: str | None = None
    client_authority: str | None = None
    is_insecure: bool = False


@dataclass(frozen=True, slots=True)
class ServerEnvironment:
    """What the process gives: its environment, a line of log to write, how to open the state again."""

    environ: Mapping[str, str]
    write_line: Callable[[str], None]
    open_state: Callable[[], StateStore]
    is_verbose: bool


def run_service(context: Context, request: RunService, environment: ServerEnvironment) -> None:
    """Serve until a signal ends the service. Everything that can be wrong is found before the first request is taken."""
    state = context.state_store.read()
    require_local(state, "the credential service")
    bound = find_database(state, request.database).id if request.database is not None else None
    tls = _tls(request)
    sockets = open_sockets(request.bind, environment.environ)
    try:
        near = is_loopback(sockets)
        _require_safe(request, is_near=near)
        log = ServiceLog(environment.write_line, context.now, monotonic, verbose=environment.is_verbose)
        if request.key is not None and not is_key_private(request.key):
            log.warning("tls_key_readable_by_all", file=request.key)
        with asyncio.Runner(loop_factory=BoundedLoop) as runner:
            runner.run(_serve(context, environment, sockets, log, ServerConfig(tls, bound, near)))
    finally:
        for item in sockets:
            item.close()


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What was decided before the first request."""

    tls: ssl.SSLContext | None
    bound_database: str | None
    is_loopback: bool


async def _serve(
    context: Context,
    environment: ServerEnvironment,
    sockets: list[socket.socket],
    log: ServiceLog,
    config: ServerConfig,
) -> None:
    secrets = SecretCache(lambda state, credential, version: read_served(context, state, credential, version))
    recorder: FetchRecorder | None = None

    def follow(directory: Directory) -> None:
        secrets.follow(directory)
        if recorder is not None:
            recorder.follow(directory.state)

    live = LiveState(environment.open_state, log, follow)
    recorder = FetchRecorder(
        context.local_folder.fetches, live.directory.state, context.now, log, writes=not context.is_read_only
    )
    application = Application(
        Dependencies(
            live=live,
            secrets=secrets,
            recorder=recorder,
            log=log,
            metrics=Metrics(),
            is_loopback=config.is_loopback,
            bound_database=config.bound_database,
        )
    )

    def announce() -> None:
        for item in sockets:
            scheme = "https" if config.tls is not None else "http"
            log.info("listening", url=f"{scheme}://{address_text(item)}/v1", serial=live.serial)
        notify(environment.environ, "READY=1")

    server = Server(configured(application.asgi(), config.tls), announce)
    with _library_messages(log):
        try:
            await server.serve(sockets)
        finally:
            # Whoever waited was answered or is gone; the threads that read are daemons, their programs would stay.
            RUNNING.end()
    notify(environment.environ, "STOPPING=1")
    log.info("ended", serial=live.serial)


def configured(app: object, tls: ssl.SSLContext | None) -> uvicorn.Config:
    """Return the web server's configuration; no forwarded header is believed, nothing is said about the server."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=partial(BoundedConnection, slots=Slots(monotonic)),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS_AT_MOST,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=ENDING_SECONDS,
        h11_max_incomplete_event_size=HEAD_BYTES_AT_MOST,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )


class Server(uvicorn.Server):
    """The web server, which says when it listens, and ends in peace on a signal instead of dying of it."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; every answer from now on tells its client to close the connection."""
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on every signal that ends a command, except on those that whoever started the service had ignored."""
        loop = asyncio.get_running_loop()
        numbers = [number for number in ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        for number in numbers:
            loop.add_signal_handler(number, self._end, number)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _end(self, number: int) -> None:
        # A terminal that is closed may send its signal twice, from the system and from the shell.
        self.force_exit = self.should_exit and number != signal.SIGHUP
        self.should_exit = True


def _tls(request: RunService) -> ssl.SSLContext | None:
    if (request.certificate is None) != (request.key is None):
        raise UsageError("--tls-cert and --tls-key belong together", code="USAGE")
    if request.certificate is None or request.key is None:
        if request.client_authority is not None:
            raise UsageError("--client-ca needs --tls-cert and --tls-key", code="USAGE")
        return None
    return server_context(request.certificate, request.key, request.client_authority)


def _require_safe(request: RunService, *, is_near: bool) -> None:
    if is_near:
        return
    if request.database is not None:
        raise UsageError(
            "--database trusts everybody who can connect, so it is for loopback alone; use a token beyond it",
            code="DATABASE_BEYOND_LOOPBACK",
            next_steps=(suggest("databases token create", request.database, out="FILE", comment="make a token"),),
        )
    if request.certificate is None and not request.is_insecure:
        raise UsageError(
            "keys and tokens would cross the network in clear: give --tls-cert and --tls-key, or --insecure where "
            "something else protects the way",
            code="TLS_REQUIRED",
            next_steps=(suggest("serve run", bind="127.0.0.1:8084", comment="or stay on this machine"),),
        )


@contextlib.contextmanager
def _library_messages(log: ServiceLog) -> Iterator[None]:
    """Turn the web server's own messages into lines of this log."""
    handler = LibraryMessages(log)
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    before = [(item, item.propagate, item.level) for item in loggers]
    for item in loggers:
        item.addHandler(handler)
        item.propagate = False
        item.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for item, propagate, level in before:
            item.removeHandler(handler)
            item.propagate = propagate
            item.setLevel(level)
