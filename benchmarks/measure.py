"""Run whole programs in turn, and say what each took: seconds, processor seconds and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
PYTHON: Final = sys.executable
VZCTL: Final = str(Path(sys.executable).with_name("vzctl"))


@dataclass(frozen=True, slots=True)
class Program:
    """One program to measure. `prepare` runs before each run and is not measured; `shows` must be in what it prints."""

    words: Sequence[str]
    shows: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Usage:
    """What runs of one program took: medians; of memory the most."""

    seconds: float
    processor_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for one benchmark, and the environment of its programs: no configuration of the person who measures.

    The bytecode goes into the folder: a first run writes it, as the installation of a package does.
    """

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every program."""
        return {
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
            "CI": "1",
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
        }

    def state(self, credentials: int, databases: int, per_scope: int) -> Path:
        """Return a new state file of that size, in a folder of its own."""
        path = self.folder / f"{credentials}x{databases}x{per_scope}" / "state.toml"
        path.parent.mkdir()
        numbers = [str(number) for number in (credentials, databases, per_scope)]
        subprocess.run([PYTHON, str(HERE / "make_state.py"), *numbers, str(path)], check=True)
        return path

    def run(self, program: Program) -> Usage:
        """Run the program once; raise when it fails or prints something else than it should."""
        program.prepare()
        with tempfile.TemporaryFile() as out:
            started = time.perf_counter()
            process = subprocess.Popen(
                program.words,
                env={**self.environment, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.DEVNULL,
            )
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            if process.returncode != 0 or program.shows.encode() not in out.read():
                raise RuntimeError(f"exit status {process.returncode}, or not the expected output: {program.words}")
        peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Usage(seconds, used.ru_utime + used.ru_stime, peak)

    def in_turn(self, programs: Mapping[str, Program], rounds: int) -> dict[str, Usage]:
        """Run all programs one after the other, again and again, so that what disturbs the machine disturbs each alike."""
        runs: dict[str, list[Usage]] = {name: [] for name in programs}
        for number in range(rounds + 1):
            for name, program in programs.items():
                usage = self.run(program)
                if number > 0:  # the first round fills the caches
                    runs[name].append(usage)
        return {name: _median(usages) for name, usages in runs.items()}


def _median(usages: list[Usage]) -> Usage:
    return Usage(
        statistics.median(usage.seconds for usage in usages),
        statistics.median(usage.processor_seconds for usage in usages),
        max(usage.peak_bytes for usage in usages),
    )
