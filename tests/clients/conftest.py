"""A server that answers nothing by itself, and a client that does not wait long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.standin.server import StandIn
from vzctl.clients.http import Http, Limits
from vzctl.clients.trusted_hosts import TrustedHosts


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def http(log: list[str]) -> Iterator[Http]:
    limits = Limits(connect_seconds=2.0, read_seconds=10.0, total_seconds=10.0)
    trust = TrustedHosts(["https://mistral.invalid"])
    with Http(limits, trust=trust, log=log.append, jitter=lambda: 0.0) as client:
        yield client
