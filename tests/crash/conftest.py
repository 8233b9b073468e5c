"""A fork server for each process of pytest, and organizations that are made once and then only copied."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.machine import Machine
from tests.crash.organization import make_organization
from tests.support.fork_server import ForkServer
from tests.support.tools import require_linux

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session", autouse=True)
def _linux() -> None:
    require_linux()


@pytest.fixture(scope="session")
def fork_server(_linux: None) -> Iterator[ForkServer]:
    with ForkServer() as server:
        yield server


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where machines live: in memory where that is possible, because they are flushed to disk thousands of times."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path_factory.mktemp("machines")
        return
    path = Path(tempfile.mkdtemp(prefix="vzctl-", dir=MEMORY))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def organization(fork_server: ForkServer, place: Path) -> Callable[[str, str], Machine]:
    """Return the organization of a plane with a store; copy it before anything is done to it."""
    made: dict[tuple[str, str], Machine] = {}

    def find(plane: str, store: str) -> Machine:
        if (plane, store) not in made:
            made[plane, store] = make_organization(fork_server, place / f"{plane}-{store}", plane, store)
        return made[plane, store]

    return find
