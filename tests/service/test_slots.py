"""Connections without authentication: few of them, for a short time, and never in the place of a Data API that is known."""

from __future__ import annotations

import contextlib
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.conftest import furnished
from tests.service.test_tls import Authority
from tests.support.cli import Cli
from tests.support.data_api import DataApi
from tests.support.service import Service, make_token, running
from vzctl.service import connection as bounds
from vzctl.service.slots import GRACE_SECONDS, UNKNOWN_CONNECTIONS, UNKNOWN_CONNECTIONS_AT_MOST, Slots

CROWD = 520
"""More than all connections together that the web server would answer on."""


class Guest:
    """A connection that remembers whether it had to give way."""

    def __init__(self, *, is_answering: bool = False) -> None:
        self.is_gone = False
        self.is_answering = is_answering

    def give_way(self) -> None:
        self.is_gone = True


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_older_connections_give_way_and_young_ones_only_when_there_are_very_many() -> None:
    clock = Clock()
    slots = Slots(clock)
    old = [Guest() for _ in range(UNKNOWN_CONNECTIONS)]
    for guest in old:
        slots.enter(guest)
    clock.now = GRACE_SECONDS
    first = Guest()
    slots.enter(first)
    assert ([guest.is_gone for guest in old], first.is_gone) == ([True] + [False] * (len(old) - 1), False)
    young = [Guest() for _ in range(UNKNOWN_CONNECTIONS_AT_MOST)]
    for guest in young:
        slots.enter(guest)
    assert all(guest.is_gone for guest in old)
    assert first.is_gone
    assert not any(guest.is_gone for guest in young)
    slots.enter(Guest())
    assert [guest.is_gone for guest in young[:2]] == [True, False]
    assert len(slots) == UNKNOWN_CONNECTIONS_AT_MOST


def test_a_request_that_is_being_answered_is_spared_unless_there_are_very_many() -> None:
    clock = Clock()
    slots = Slots(clock)
    answering = [Guest(is_answering=True) for _ in range(UNKNOWN_CONNECTIONS)]
    idle = [Guest() for _ in range(2)]
    for guest in (*answering, *idle):
        slots.enter(guest)
    clock.now = 100.0
    slots.enter(Guest())
    assert ([guest.is_gone for guest in idle], any(guest.is_gone for guest in answering)) == ([True, True], False)
    for _ in range(UNKNOWN_CONNECTIONS_AT_MOST):
        slots.enter(Guest())
    assert answering[0].is_gone


def test_a_connection_that_left_does_not_count_and_never_gives_way() -> None:
    clock = Clock()
    slots = Slots(clock)
    known = Guest()
    slots.enter(known)
    slots.leave(known)
    slots.leave(known)
    clock.now = 100.0
    for _ in range(10 * UNKNOWN_CONNECTIONS_AT_MOST):
        slots.enter(Guest())
    assert (known.is_gone, len(slots)) == (False, UNKNOWN_CONNECTIONS_AT_MOST)


@pytest.fixture
def crowd() -> Iterator[list[socket.socket]]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 3 * CROWD
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"run with more open files: ulimit -n {needed}")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    sockets: list[socket.socket] = []
    try:
        yield sockets
    finally:
        for item in sockets:
            item.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(crowd: list[socket.socket], address: tuple[str, int], count: int = CROWD) -> None:
    for _ in range(count):
        with contextlib.suppress(ConnectionResetError):
            crowd.append(socket.create_connection(address, timeout=30))


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return furnished(tmp_path_factory.mktemp("slots") / "user")


@pytest.fixture(scope="module", params=["plain", "tls"])
def served(
    request: pytest.FixtureRequest, cli: Cli, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, str, ssl.SSLContext | None]]:
    name = f"of-{request.param}"
    if request.param == "plain":
        with running(cli) as service:
            yield service, make_token(cli, "shop", name), None
        return
    authority = Authority.create(Path(tmp_path_factory.mktemp("authority")) / "authority")
    chain, key = authority.certificate("server", "127.0.0.1")
    with running(cli, "--tls-cert", chain, "--tls-key", key) as service:
        yield service, make_token(cli, "shop", name), authority.client()


@pytest.mark.slow
def test_idle_connections_without_a_token_lock_no_data_api_out(
    served: tuple[Service, str, ssl.SSLContext | None], crowd: list[socket.socket]
) -> None:
    service, token, tls = served
    known = service.data_api(token, tls=tls)
    assert known.key("openai", "openai-prod") == "sk-first"
    for _ in range(2):
        connect(crowd, service.address)
        assert known.key("openai", "openai-prod") == "sk-first"
        # A Data API that connects only now.
        newcomer = service.data_api(token, tls=tls)
        assert newcomer.key("openai", "openai-prod") == "sk-first"
        newcomer.close()
        time.sleep(GRACE_SECONDS)
    begun = time.monotonic()
    assert all(is_closed(connection) for connection in crowd)
    assert time.monotonic() - begun < 2 * bounds.UNKNOWN_SECONDS
    # On the very connection that was there before: nothing has closed it.
    assert known._connection is not None
    before = known._connection.sock.getsockname()
    assert known.key("openai", "openai-prod") == "sk-first"
    assert known._connection.sock.getsockname() == before
    assert [line for line in service.log if line["level"] == "error"] == []


@pytest.mark.slow
def test_requests_that_are_refused_do_not_make_a_connection_known(
    served: tuple[Service, str, ssl.SSLContext | None],
) -> None:
    service, _, tls = served
    strangers = [service.data_api("wrong", tls=tls) for _ in range(3)]
    for stranger in strangers:
        assert stranger.get(stranger.path("openai", "openai-prod")).status == 401
        assert stranger.get("/healthz").status == 200
    for stranger in strangers:
        assert stranger._connection is not None
        stranger._connection.sock.settimeout(bounds.UNKNOWN_SECONDS * 3)
        assert stranger._connection.sock.recv(1) == b""
        stranger.close()


@pytest.mark.slow
def test_a_known_connection_may_be_idle_for_longer(served: tuple[Service, str, ssl.SSLContext | None]) -> None:
    service, token, tls = served
    known: DataApi = service.data_api(token, tls=tls)
    assert known.key("openai", "openai-prod") == "sk-first"
    assert known._connection is not None
    known._connection.sock.settimeout(bounds.UNKNOWN_SECONDS + 2)
    with pytest.raises(TimeoutError):
        known._connection.sock.recv(1)
    known.close()
