"""The ASGI application: who is asking, what the state says, the key, an answer of the Data API's protocol."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from vzctl.domain.state.state import State
from vzctl.errors import SecretStoreError, VzctlError
from vzctl.secret import Secret
from vzctl.service.fetch_recorder import FetchRecorder
from vzctl.service.freshness import LiveState
from vzctl.service.guard import Caller, Denied, identify, is_near
from vzctl.service.log import ServiceLog, safe_text
from vzctl.service.metrics import Metrics
from vzctl.service.paths import Asked, parse_path
from vzctl.service.secret_cache import SecretCache
from vzctl.usecases.keys.version import NOT_HELD
from vzctl.usecases.serve.credential import Granted, Refused

ANSWER_SECONDS: Final = 3.5
"""The Data API gives up after 5 s and then shows its callers the request; an answer must be on its way before 4."""
CERTIFICATE_NAMES: Final = "vzctl.certificate_names"
"""Where the connection leaves the names of a client certificate in the scope."""
AUTHENTICATED: Final = "vzctl.authenticated"
"""Where the connection leaves what is called as soon as it is known who is asking."""
_QUIET: Final = frozenset({"served", "valid", "not_found"})
"""Answers that are lines of the log only with `-v`."""
_NO_STORE: Final = {"cache-control": "no-store"}
_HEADERS: Final = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


def _problem(code: str, message: str) -> dict[str, Any]:
    """Return an answer in the protocol's form: the Data API shows `message` to whoever made the request."""
    return {"credentials": {}, "errors": [{"ID": code, "message": message}]}


_UNAUTHORIZED: Final = _problem(
    "SERVICE_TOKEN_INVALID",
    "the credential service does not recognize this Data API; whoever runs vzctl makes a token with "
    '"vzctl databases token create" and sets it on the Data API, "vzctl serve config" says how',
)
_UNAVAILABLE: Final = _problem(
    "SERVICE_UNAVAILABLE", "the credential service cannot give out keys at the moment; its own log and /readyz say why"
)
_FORBIDDEN: Final = _problem("FORBIDDEN", "this address is for this machine alone")
_NOT_FOUND: Final = _problem("NOT_FOUND", "there is nothing at this path")
_NOT_ALLOWED: Final = _problem("METHOD_NOT_ALLOWED", "only GET is answered here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What the application is made of."""

    live: LiveState
    secrets: SecretCache
    recorder: FetchRecorder
    log: ServiceLog
    metrics: Metrics
    is_loopback: bool
    bound_database: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the protocol, its kind for the metrics, and why for the log."""

    status: int
    content: dict[str, Any]
    answer: str
    reason: str | None = None
    message: str | None = None
    """What the store said, without a secret: for the log alone."""


class Application:
    """The routes. Nothing about a database, a name or a state is said before it is known who is asking."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._live = dependencies.live
        self._secrets = dependencies.secrets
        self._recorder = dependencies.recorder
        self._log = dependencies.log
        self._metrics = dependencies.metrics
        self._is_loopback = dependencies.is_loopback
        self._bound_database = dependencies.bound_database

    def asgi(self) -> ASGIApp:
        """Return the application for a server to run. What a Data API asks does not pass by the routes for operators."""
        endpoints = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._show_metrics}
        routes = [Route(path, self._guarded(endpoint)) for path, endpoint in endpoints.items()]
        operators = Starlette(routes=routes, lifespan=self._lifespan)

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            is_operators = scope["type"] != "http" or scope["path"] in endpoints
            await (operators if is_operators else self._credentials)(scope, receive, send)

        return dispatch

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        writing = asyncio.create_task(self._recorder.keep_writing())
        try:
            yield
        finally:
            writing.cancel()
            await self._recorder.write()

    def _guarded(self, endpoint: Callable[[], Any]) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            if self._is_loopback and not is_near(request.scope.get("client"), request.scope["headers"]):
                return JSONResponse(_FORBIDDEN, 403, headers=_NO_STORE)
            response: Response = await endpoint()
            return response

        return handle

    async def _healthz(self) -> Response:
        return JSONResponse({"alive": True})

    async def _readyz(self) -> Response:
        """Say whether a key could be given out now: with words that name nothing, and on loopback the store's reason."""
        reasons = []
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._live.refresh()
                await self._try_store()
        except TimeoutError:
            reasons.append("NO_ANSWER_IN_TIME")
        reasons += [code for code in (self._live.trouble, self._secrets.store_trouble) if code is not None]
        if self._bound_database is not None and self._bound_database not in self._live.directory.database_ids:
            # Nobody can be recognized any more: whatever speaks for another database contradicts `--database`.
            reasons.append("DATABASE_GONE")
        warnings = sorted(set(self._secrets.key_troubles.values()))
        if self._is_loopback and self._secrets.store_message is not None:
            # It may name a credential: for who is on this machine, elsewhere the log alone has it.
            warnings.append(safe_text(self._secrets.store_message))
        self._metrics.ready.set(not reasons)
        return JSONResponse(
            {"ready": not reasons, "reasons": reasons, "warnings": warnings},
            status_code=503 if reasons else 200,
            headers=_NO_STORE,
        )

    async def _try_store(self) -> None:
        """Read one key when nobody knows whether the store answers, or when it did not the last time."""
        if self._secrets.was_read and self._secrets.store_trouble is None:
            return
        state = self._live.directory.state
        for credential in state.credentials:
            version = credential.current_version
            if version is not None and version.held:
                granted = Granted(credential, version.id)
                if self._secrets.kept(state, granted) is not None:
                    continue
                known = self._secrets.store_message
                try:
                    await self._secrets.get(state, granted)
                except VzctlError as error:
                    if error.message != known:  # whoever looks every second need not fill the log
                        self._log.error("store_not_usable", code=error.code, message=error.message)
                return
        # Every key there is to give is in memory: a store that failed before is not needed.
        self._secrets.store_trouble = self._secrets.store_message = None

    async def _show_metrics(self) -> Response:
        self._metrics.serial.set(self._live.serial)
        self._metrics.keys.set(len(self._secrets))
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _credentials(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request of the protocol, whatever happens."""
        begun = perf_counter()
        asked = parse_path(scope["raw_path"])
        caller: Caller | Denied | None = None
        try:
            if self._is_loopback and not is_near(scope.get("client"), scope["headers"]):
                reply = Reply(403, _FORBIDDEN, "forbidden", "the peer or the Host header is not of this machine")
            elif asked is None:
                reply = Reply(404, _NOT_FOUND, "not_found")
            elif scope["method"] != "GET":
                reply = Reply(405, _NOT_ALLOWED, "not_found")
            else:
                caller, reply = await self._answer(scope, asked)
        except Exception as error:  # noqa: BLE001  (a bug must not become a time-out, nor its text an answer)
            reply = _unavailable(type(error).__name__)
        self._tell(reply, asked, caller, perf_counter() - begun)
        await _send(send, reply)

    async def _answer(self, scope: Scope, asked: Asked) -> tuple[Caller | Denied | None, Reply]:
        caller: Caller | Denied | None = None
        try:
            # One limit for everything that is waited for; what is there already, for nearly every request, waits for nothing.
            limit = asyncio.get_running_loop().time() + ANSWER_SECONDS
            if not self._live.is_fresh:
                async with asyncio.timeout_at(limit):
                    await self._live.refresh()
            directory = self._live.directory
            names = scope.get(CERTIFICATE_NAMES, ())
            caller = identify(directory, scope["headers"], names, self._bound_database)
            if isinstance(caller, Denied) or caller.database not in directory.database_ids:
                reason = caller.reason if isinstance(caller, Denied) else "the database is gone"
                return caller, Reply(401, _UNAUTHORIZED, "unauthorized", reason)
            scope.get(AUTHENTICATED, _nothing)()
            decision = directory.decide(caller.database, asked.wanted)
            if isinstance(decision, Refused):
                return caller, _refused(decision, decision.id)
            secret = self._secrets.kept(directory.state, decision)
            if secret is None:
                async with asyncio.timeout_at(limit):
                    secret = await self._read(directory.state, decision)
            if secret is None:
                # The store works and has no such key: asking again, as a Data API does after a 503, changes nothing.
                return caller, _refused(directory.without_key(caller.database, decision.credential), NOT_HELD)
        except VzctlError as error:
            return caller, _unavailable(error.code, error.message)
        except TimeoutError:
            return caller, _unavailable("no answer in time")
        if asked.is_check:
            return caller, Reply(200, _granted(asked, value=True), "valid")
        if self._recorder.note(caller.database, decision.version, caller.token):
            self._log.info(
                "first_fetch",
                credential=decision.credential.name,
                version=decision.version,
                database=directory.database_name(caller.database),
            )
        return caller, Reply(200, _granted(asked, value=secret.reveal()), "served")

    async def _read(self, state: State, granted: Granted) -> Secret | None:
        """Return the key, None when the store has none; raise `SecretStoreError` when it cannot tell."""
        try:
            return await self._secrets.get(state, granted)
        except SecretStoreError as error:
            if error.code != NOT_HELD:
                raise
            return None

    def _tell(self, reply: Reply, asked: Asked | None, caller: Caller | Denied | None, seconds: float) -> None:
        self._metrics.answered(reply.answer, seconds)
        if reply.answer in _QUIET and not self._log.is_verbose:
            return
        write = self._log.info if reply.answer in _QUIET else self._log.warning
        if reply.answer == "unavailable":
            write = self._log.error
        database = caller.database if caller is not None else None
        write(
            reply.answer,
            status=reply.status,
            reason=reply.reason,
            message=reply.message,
            database=self._live.directory.database_name(database) if database is not None else None,
            # Before it is known who is asking, nothing that was sent is worth a line.
            provider=asked.wanted.provider if asked is not None and database is not None else None,
            credential=asked.wanted.name if asked is not None and database is not None else None,
            check=asked.is_check if asked is not None else None,
            milliseconds=round(seconds * 1000, 1),
        )


def _nothing() -> None:
    """Stand in where no connection wants to know."""


async def _send(send: Send, reply: Reply) -> None:
    """Send an answer as the two messages that it is."""
    body = json.dumps(reply.content, separators=(",", ":")).encode()
    headers = [*_HEADERS, (b"content-length", str(len(body)).encode())]
    if reply.status == 405:
        headers.append((b"allow", b"GET"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _granted(asked: Asked, *, value: str | bool) -> dict[str, Any]:
    return {"credentials": {asked.wanted.name: value}, "errors": []}


def _refused(refusal: Refused, reason: str) -> Reply:
    return Reply(200, _problem(refusal.id, refusal.message), "refused", reason)


def _unavailable(reason: str, message: str | None = None) -> Reply:
    return Reply(503, _UNAVAILABLE, "unavailable", reason, message)
