"""The program's exit status with each standard stream closed, full, or without a reader, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.cli import PROCESS_LIMIT_SECONDS, Cli, installed_command
from tests.support.tools import require_linux

TROUBLES: Final = ("closed", "full", "reader gone")
INTERPRETER_COULD_NOT_FLUSH: Final = 120

pytestmark = pytest.mark.installed


@pytest.mark.sampled(10)
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(
    ("words", "status", "prints"),
    [
        (["--version"], 0, True),
        (["credentials", "--help"], 0, True),
        (["providers", "list"], 0, True),
        (["diagnose", "--text", "ERROR 429", "--exit-code"], 21, True),
        (["credentials", "show", "nope"], 3, False),
        (["frobnicate"], 2, False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_installed_program_keeps_its_status(
    words: list[str], status: int, prints: bool, stream: str, trouble: str, tmp_path: Path
) -> None:
    require_linux()
    program = [*installed_command(), *words]
    expected = 1 if stream == "stdout" and prints and trouble != "reader gone" else status
    assert status_with(program, stream, trouble, Cli.create(tmp_path).process_environment()) == expected


@pytest.mark.parametrize("trouble", ["full", "reader gone"])
def test_an_interpreter_that_cannot_flush_says_so(trouble: str) -> None:
    """What the tests above would find, if the environment of the tests did not hide it."""
    program = [sys.executable, "-c", "import sys; sys.stdout.write('x')"]
    assert status_with(program, "stdout", trouble, dict(os.environ)) == INTERPRETER_COULD_NOT_FLUSH


def status_with(program: list[str], stream: str, trouble: str, environment: dict[str, str]) -> int:
    """Return the exit status of a program, one of whose streams cannot be written to."""
    reading, writing = os.pipe()
    os.close(reading)
    streams: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if trouble == "closed":
        program = ["sh", "-c", f'exec "$@" {1 if stream == "stdout" else 2}>&-', "sh", *program]
    else:
        streams[stream] = writing if trouble == "reader gone" else os.open("/dev/full", os.O_WRONLY)
    try:
        return subprocess.run(
            program, env=environment, timeout=PROCESS_LIMIT_SECONDS, check=False, **streams
        ).returncode
    finally:
        os.close(writing)
        if trouble == "full":
            os.close(streams[stream])
