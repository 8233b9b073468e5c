"""10 000 credentials x 2 000 databases, 20 per scope, against tomli and tomli-w alone on the same file."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.measure import HERE, PYTHON, VZCTL, Place, Program, Usage
from benchmarks.table import Row, share

ROUNDS = 5
SIZES = {"10": (10, 40, 20), "1 000": (1000, 200, 20), "10 000": (10_000, 2000, 20)}


def large_state(place: Place) -> list[Row]:
    """`credentials list` and `scope add`: time, whether it grows with the file and not faster, and peak memory."""
    states = {name: place.state(*numbers) for name, numbers in SIZES.items()}
    programs: dict[str, Program] = {}
    for name, state in states.items():
        programs[f"list {name}"] = _list(state)
        programs[f"add {name}"] = _add(place, state)
    large = states["10 000"]
    toml = str(HERE / "bare_toml.py")
    programs["parse"] = Program([PYTHON, toml, str(large)])
    programs["rewrite"] = Program([PYTHON, toml, str(large), str(place.folder / "rewritten.toml")])
    used = place.in_turn(programs, ROUNDS)
    size = large.stat().st_size
    listed, added = used["list 10 000"], used["add 10 000"]
    return [
        share(f"credentials list, {size / 1e6:.1f} MB", listed, "tomli", used["parse"], 3),
        share(f"scope add, {size / 1e6:.1f} MB", added, "tomli + tomli-w", used["rewrite"], 3),
        _growth("credentials list", used, "list"),
        _growth("scope add", used, "add"),
        _memory("credentials list", listed, size),
        _memory("scope add", added, size),
    ]


def _list(state: Path) -> Program:
    return Program([VZCTL, "--state", str(state), "credentials", "list"], shows="credential-9\t")


def _add(place: Place, state: Path) -> Program:
    folder = place.folder / "changed"
    copy = folder / "state.toml"

    def prepare() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copyfile(state, copy)

    words = [VZCTL, "--state", str(copy), "scope", "add", "credential-5", "database-1", "database-2", "database-3"]
    return Program(words, shows="credential-5", prepare=prepare)


def _growth(name: str, used: dict[str, Usage], key: str) -> Row:
    start, small, large = (used[f"{key} {size}"].processor_seconds for size in SIZES)
    small, large = small - start, large - start
    return Row(
        f"{name}, processor time over that of 10 credentials: 10 000",
        f"{large * 1000:.0f} ms",
        f"1 000: {small * 1000:.0f} ms",
        f"{large / small:.1f}",
        "<= 12.5",
        is_met=large <= 12.5 * small,
    )


def _memory(name: str, used: Usage, size: int) -> Row:
    return Row(
        f"{name}, peak memory",
        f"{used.peak_bytes / 1e6:.0f} MB",
        f"file {size / 1e6:.1f} MB",
        f"{used.peak_bytes / size:.1f}",
        "< 15",
        is_met=used.peak_bytes < 15 * size,
    )
