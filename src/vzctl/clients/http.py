"""The one place that sends requests: timeouts, retries, size limits, connection reuse, no redirects, no cookies.

An event loop in a thread of its own does the work, because only there can a whole exchange be bounded: name resolution, a
server that sends a byte a second. Callers block, in as many threads as they like.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx

from vzctl import __version__
from vzctl.clients.environment import bad_proxy, require_usable_proxies, tls_context
from vzctl.clients.fault import Cause, NoReply, cause_of
from vzctl.clients.host_label import LOOPBACK
from vzctl.clients.message import Call, Reply
from vzctl.clients.resolving_loop import ResolvingLoop
from vzctl.clients.retry import AGAIN_AFTER_CAUSE, AGAIN_AFTER_STATUS, pause, retry_after
from vzctl.clients.trusted_hosts import TrustedHosts

T = TypeVar("T")

CLOSING_SECONDS: Final = 5.0
LARGEST_HEAD: Final = 16 * 1024
"""Bytes of the headers of a response. The library below stops at 100 KB, and only while they are incomplete."""
POOL_SIZE: Final = 8
"""Connections of one pool. Its bookkeeping takes longer with each of them, so many requests at once get several pools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a request may take, retries included."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    total_seconds: float = 30.0


DIRECT: Final = {f"all://[{host}]" if ":" in host else f"all://{host}": None for host in sorted(LOOPBACK)}
"""This machine is never asked through a proxy: plain http to it is allowed because nothing leaves it."""
_NOTHING: Final = httpx.ByteStream(b"")
"""In place of the stream of an answer that was read: a stream holds its answer, and so both would wait for the collector of
garbage, which comes the later the larger the state is."""


@dataclass(slots=True)
class _Pool:
    """A client with its connections, and how many requests it has under way."""

    client: httpx.AsyncClient
    under_way: int = 0


class Http:
    """Sends requests; thread-safe. `log` gets one line a request, with no secret in it."""

    def __init__(
        self,
        limits: Limits,
        *,
        trust: TrustedHosts | None = None,
        log: Callable[[str], None] = lambda _: None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._limits = limits
        self.trust = trust or TrustedHosts()
        self._log = log
        self._jitter = jitter
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pools: list[_Pool] = []
        self._tls: ssl.SSLContext | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def send(self, call: Call) -> Reply:
        """Return the answer, whatever its status; raise `NoReply` when none came, `AuthError` for a host without trust."""
        if call.secrets:
            self.trust.require(call.url, " and ".join(item.what for item in call.secrets))
        self.prepare()
        try:
            return self._run(self._exchange(call))
        except CancelledError:
            raise NoReply(Cause.STOPPED, call.party) from None

    def prepare(self) -> None:
        """Make what requests are sent with; raise `UsageError` when the environment names no usable proxy or certificates.

        That is no fault of whoever is asked, and asking again is of no use.
        """
        with self._starting:
            if self._tls is None:
                require_usable_proxies()
                self._tls = tls_context()
                self._pools.append(self._new_pool(self._tls))

    def close(self) -> None:
        """End every request that is under way, and the connections; what waits for an answer gets `NoReply`."""
        with self._starting:
            self._closed = True
            loop, self._loop = self._loop, None
        if loop is None:
            return
        asyncio.run_coroutine_threadsafe(self._end(), loop).result(CLOSING_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(CLOSING_SECONDS)
        loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        with self._starting:
            if self._closed:
                work.close()
                raise CancelledError
            if self._loop is None:
                self._loop = ResolvingLoop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="vzctl-http", daemon=True)
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    async def _end(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for pool in self._pools:
            await pool.client.aclose()

    async def _exchange(self, call: Call) -> Reply:
        started = time.monotonic()
        until = started + max(call.total_seconds or self._limits.total_seconds, call.patience_seconds)
        attempt = 0
        while True:
            attempt += 1
            outcome = await self._attempt(call, until, started)
            self._tell(call, outcome, started)
            wanted = None
            if isinstance(outcome, Reply):
                if outcome.status not in AGAIN_AFTER_STATUS or call.settled(outcome):
                    return outcome
                wanted = retry_after(outcome.headers)
            elif outcome.cause not in AGAIN_AFTER_CAUSE:
                raise outcome
            seconds = pause(attempt, wanted, until - time.monotonic(), self._jitter)
            if seconds is None:
                if isinstance(outcome, Reply):
                    return outcome
                raise outcome
            await asyncio.sleep(seconds)

    async def _attempt(self, call: Call, until: float, started: float) -> Reply | NoReply:
        """Send once; what goes wrong is returned, because it is looked at and not always raised."""
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                return await self._read(call, started)
        except NoReply as fault:
            return fault
        except TimeoutError:
            return NoReply(Cause.TIMEOUT, call.party)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            httpx.StreamError,
            httpx.CookieConflict,
            OSError,
            OverflowError,
            ExceptionGroup,
        ) as error:
            return NoReply(cause_of(error), call.party)
        except UnicodeError:
            return NoReply(Cause.BAD_URL, call.party)

    async def _read(self, call: Call, started: float) -> Reply:
        pool = self._pool()
        pool.under_way += 1
        try:
            response = await pool.client.send(_build(pool.client, call, self._timeout(call)), stream=True)
            try:
                _require_small_head(response, call)
                body = await _body(response, call)
            finally:
                await response.aclose()
                response.stream = _NOTHING
        finally:
            pool.under_way -= 1
        headers = {name.lower(): value for name, value in response.headers.items()}
        seconds = time.monotonic() - started
        return Reply(call=call, status=response.status_code, headers=headers, body=body, seconds=seconds)

    def _pool(self) -> _Pool:
        """Return the first pool that is not full: one request after the other stays on one connection."""
        for pool in self._pools:
            if pool.under_way < POOL_SIZE:
                pool.client.cookies.clear()
                return pool
        assert self._tls is not None, "prepare() is called before every exchange"
        self._pools.append(self._new_pool(self._tls))
        return self._pools[-1]

    def _new_pool(self, tls: ssl.SSLContext) -> _Pool:
        try:
            client = httpx.AsyncClient(
                verify=tls,
                limits=httpx.Limits(max_connections=POOL_SIZE, max_keepalive_connections=POOL_SIZE),
                follow_redirects=False,  # a key goes with every request: it must not go to another host
                trust_env=True,  # HTTPS_PROXY, NO_PROXY
                mounts=DIRECT,
            )
        except (ValueError, httpx.InvalidURL):  # the proxies were looked at: what is left are the exceptions from them
            raise bad_proxy("NO_PROXY", "it is no list of hosts") from None
        return _Pool(client)

    def _timeout(self, call: Call) -> httpx.Timeout:
        read_seconds = max(self._limits.read_seconds, call.patience_seconds)
        return httpx.Timeout(read_seconds, connect=self._limits.connect_seconds)

    def _tell(self, call: Call, outcome: Reply | NoReply, started: float) -> None:
        milliseconds = round((time.monotonic() - started) * 1000)
        result = f"HTTP {outcome.status}" if isinstance(outcome, Reply) else outcome.cause.value
        self._log(f"{call.method} {call.shown_url}: {result} after {milliseconds} ms")


def _require_small_head(response: httpx.Response, call: Call) -> None:
    if sum(len(name) + len(value) + len(b": \r\n") for name, value in response.headers.raw) > LARGEST_HEAD:
        raise NoReply(Cause.TOO_LARGE, call.party)


async def _body(response: httpx.Response, call: Call) -> bytes:
    """Return the body; raise `NoReply` as soon as it is larger than such an answer can be."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > call.largest_answer:
            raise NoReply(Cause.TOO_LARGE, call.party)
        chunks.append(chunk)
    return b"".join(chunks)


def _build(client: httpx.AsyncClient, call: Call, timeout: httpx.Timeout) -> httpx.Request:
    headers = {"User-Agent": f"vzctl/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity"}
    headers |= call.headers
    headers |= {item.name: f"{item.prefix}{item.secret.reveal()}" for item in call.secrets}
    if call.body is None:
        return client.build_request(call.method, call.url, headers=headers, timeout=timeout)
    return client.build_request(call.method, call.url, headers=headers, json=call.body, timeout=timeout)
