"""Commands that go on for long let garbage be searched for; the entry point has switched that off for short ones."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.support.cli import Cli
from vzctl.cli.flags import Flags
from vzctl.cli.wiring import World


@pytest.fixture(autouse=True)
def _switched_off() -> Iterator[None]:
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def test_a_short_command_searches_for_no_garbage(cli: Cli) -> None:
    cli.init().add().ok("status")
    assert not gc.isenabled()


@pytest.mark.parametrize("how", ["--follow", "--lines"])
def test_a_stream_of_errors_does(cli: Cli, how: str) -> None:
    cli.ok("diagnose", how, stdin="a line\n")
    assert gc.isenabled()


def test_who_waits_does(cli: Cli) -> None:
    ticks = World(Flags(), "databases wait").ticks(0.0, 1.0, "waiting")
    assert list(ticks) == [0.0]
    assert gc.isenabled()
