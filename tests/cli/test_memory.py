"""Too little memory ends a command with one line and exit status 1, wherever it runs out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

import vzctl
from tests.support.cli import Cli, installed_command
from vzctl.memory import is_out_of_memory

PACKAGE = Path(vzctl.__file__).parent
MEBIBYTE = 1 << 20
LINE = "error: out of memory\n"


def run(
    cli: Cli, limit: int, command: Sequence[str], stdin: str | Path = "/dev/null", *, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a program with so many bytes of address space."""
    with open(stdin, "rb") as source:
        return subprocess.run(
            ["sh", "-c", 'ulimit -v "$0" && exec "$@"', str(limit // 1024), *command],
            env=cli.process_environment(),
            cwd=cli.folder,
            stdin=source,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )


def least(cli: Cli) -> int:
    """Return with how many MiB the interpreter starts at all: with less, nobody can catch anything."""
    command = (sys.executable, "-c", "import signal, vzctl.memory")

    def starts(size: int) -> bool:
        try:
            return run(cli, size * MEBIBYTE, command, seconds=10).returncode == 0
        except subprocess.TimeoutExpired:
            return False  # an interpreter that finds no room may also try forever

    return next(size for size in count(8, 2) if starts(size))


@pytest.mark.slow
def test_a_command_ends_in_order_wherever_memory_runs_out(cli: Cli) -> None:
    cli.init().add()
    large = cli.folder / "large.txt"
    large.write_text("Error: 401 Unauthorized from api.openai.com\n" * 200_000, encoding="utf-8")
    start = least(cli)
    commands = (("credentials", "list", "-o", "json"), ("diagnose",), ("secrets", "status", "--check"))
    for words in commands:
        for size in count(start + 1, 3):
            result = run(cli, size * MEBIBYTE, (*installed_command(), *words), large)
            # `hashlib` logs a traceback of its own when it finds no room for a library, and goes on.
            assert "MemoryError" not in result.stderr, (words, size, result.stderr)
            if result.returncode == 0:
                assert size > start + 1, "it never ran out of memory"
                break
            if result.returncode < 0:
                continue  # a compiled library that finds no room may abort the process, which nobody can catch
            if "Traceback" in result.stderr and str(PACKAGE) not in result.stderr:
                continue  # nothing of vzctl was imported yet
            assert (result.returncode, result.stderr.endswith(LINE)) == (1, True), (words, size, result.stderr)
            if result.stdout:
                document = json.loads(result.stdout)
                assert (document["ok"], document["code"], document["changed"]) == (False, "OUT_OF_MEMORY", False)


def test_a_failure_without_memory_says_whether_something_was_changed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init().add()

    def run_out(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("vzctl.cli.run.dotted", run_out)
    result = cli.run("databases", "add", "other", "-o", "json")
    document = json.loads(result.out)
    assert (result.status, document["code"], document["ok"]) == (1, "OUT_OF_MEMORY", False)


def test_a_failure_that_cannot_be_shown_for_lack_of_memory_is_one_line(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    cli.init()

    def run_out(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("vzctl.render.show.show_failure", run_out)
    for words in (("databases", "show", "nope"), ("nope",)):
        assert cli.run(*words).status == 1
        assert capfd.readouterr().err == LINE


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (OSError(12, "Cannot allocate memory"), True),
        (OSError(28, "No space left on device"), False),
        (ImportError("libx.so: failed to map segment from shared object"), True),
        (ImportError("libx.so: cannot allocate memory in static TLS block"), True),
        (ModuleNotFoundError("No module named 'x'"), False),
        (SystemError("error return without exception set"), True),
        (SystemError("bad argument to internal function"), False),
        (ValueError("Cannot allocate memory"), False),
    ],
)
def test_what_counts_as_a_lack_of_memory(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected
