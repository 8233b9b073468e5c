"""A user with an empty home, in whose place the commands of a test are typed, and a stand-in for Astra and the providers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.standin.server import StandIn


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli.create(tmp_path / "user")


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server
