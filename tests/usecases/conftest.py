"""A user with an empty home, in whose place the commands of a test are typed, and a stand-in for Astra and the providers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.memory_cli import memory_cli
from tests.support.standin.server import StandIn


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of a marked module for each implementation of `StateStore`."""
    if "cli" in metafunc.fixturenames and metafunc.definition.get_closest_marker("every_state_store") is not None:
        metafunc.parametrize("cli", ["file", "memory"], indirect=True)


@pytest.fixture
def cli(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A user whose state is in a file, or in memory: see the mark `every_state_store`."""
    if getattr(request, "param", "file") == "memory":
        return memory_cli(tmp_path / "user", monkeypatch)
    return Cli.create(tmp_path / "user")


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server
