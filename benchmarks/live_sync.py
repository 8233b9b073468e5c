"""Looking into 100 databases of 20 collections at an Astra that takes a tenth of a second for each answer, and into 400."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from benchmarks.measure import HERE, PYTHON, VZCTL, Place, Program, Usage
from benchmarks.table import Row

COLLECTIONS: Final = 20
KEYSPACE: Final = "default_keyspace"
LATENCY_SECONDS: Final = 0.1
TOKEN: Final = "AstraCS:kEsTrLclient:0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PAGE: Final = 50
"""Databases of one page of the list, as vzctl asks for it."""
FEW: Final = 100
MANY: Final = 400
JOBS: Final = 32
REQUESTS_EACH: Final = 5
"""Of a database with one keyspace and one credential: `findKeyspaces`, `findCollections`, `listTables`, and twice
`createCollection`: whether an invented credential and the real one can be used."""
ROUNDS: Final = 5
LATENCY_TARGET: Final = 2.0
MEMORY_TARGET: Final = 1.25


def live_sync(place: Place) -> list[Row]:
    """`sync --jobs 32` where all is as recorded; its memory is compared with that of a command that reads the state alone."""
    few, many = _measured(place, FEW), _measured(place, MANY)
    one = few["one"].seconds
    start = one - (_pages(FEW) + REQUESTS_EACH + 1) * LATENCY_SECONDS  # the first database says what it offers, too
    seconds = few["all"].seconds - start
    bound = (FEW * REQUESTS_EACH / JOBS + _pages(FEW)) * LATENCY_SECONDS
    used = [found["all"].peak_bytes - found["state"].peak_bytes for found in (few, many)]
    return [
        Row(
            f"sync {FEW} databases x {COLLECTIONS} collections, {JOBS} jobs, {LATENCY_SECONDS * 1000:.0f} ms latency",
            f"{seconds * 1000:.0f} ms beyond its start ({few['all'].seconds * 1000:.0f} ms with it)",
            f"the bound of the latency: {bound * 1000:.0f} ms",
            f"{seconds / bound:.2f}",
            f"<= {LATENCY_TARGET:g}",
            is_met=seconds <= LATENCY_TARGET * bound,
        ),
        Row(
            f"sync {MANY} databases, peak memory beyond `state check`",
            f"{used[1] / 1e6:.1f} MB ({_peaks(many)})",
            f"{FEW} databases: {used[0] / 1e6:.1f} MB ({_peaks(few)})",
            f"{used[1] / used[0]:.2f}",
            f"<= {MEMORY_TARGET:g}",
            is_met=used[1] <= MEMORY_TARGET * used[0],
        ),
    ]


def _pages(databases: int) -> int:
    """Return how many requests the list takes: one after the other, and an empty page is its end."""
    return -(-databases // PAGE) + 1


def _peaks(used: Mapping[str, Usage]) -> str:
    return f"{used['all'].peak_bytes / 1e6:.1f} and {used['state'].peak_bytes / 1e6:.1f}"


def _measured(place: Place, databases: int) -> dict[str, Usage]:
    """Return what looking everywhere takes, looking into one keyspace, and reading the state."""
    state = place.folder / str(databases) / "state.toml"
    token = {"ASTRA_DB_APPLICATION_TOKEN": TOKEN}
    words = [VZCTL, "--state", str(state)]
    programs = {
        "all": Program([*words, "sync", "--jobs", str(JOBS)], "findCollections", token),
        "one": Program([*words, "sync", "--database", "database-0", "--keyspace", KEYSPACE], "findCollections", token),
        "state": Program([*words, "state", "check"]),
    }
    with _world(databases, state, place.folder / ".config" / "vzctl" / "config.toml"):
        return place.in_turn(programs, ROUNDS)


@contextlib.contextmanager
def _world(databases: int, state: Path, configuration: Path) -> Iterator[None]:
    words = [PYTHON, str(HERE / "live_world.py"), str(databases), str(state), str(configuration)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
        yield
        process.communicate()
