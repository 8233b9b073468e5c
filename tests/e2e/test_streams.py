"""Every command with each standard stream closed, full, or without a reader: the exit status is the program's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.case_runner import filled, first_token, newest_backup, prepared
from tests.e2e.contract_cases import CASES, KEYS, Case
from tests.support.cli import Cli, every_command, installed_command
from tests.support.fork_server import ForkServer, Request
from tests.support.organization import make_organization
from tests.support.standin.shared import filled_in
from tests.support.tools import require_linux

COMMANDS: Final = [words.replace(" ", ".") for words, _ in every_command()]
TROUBLES: Final = ("closed", "full", "reader gone")
INTERPRETER_COULD_NOT_FLUSH: Final = 120


def first_case(command: str, *, goes_right: bool) -> tuple[Case, str] | None:
    found = ((case, case.planes[0]) for case in CASES if case.command == command and case.goes_right == goes_right)
    return next(found, None)


GOOD: Final = [
    pytest.param(*found, id=name) for name in COMMANDS if (found := first_case(name, goes_right=True)) is not None
]
BAD: Final = [
    pytest.param(*found, id=name) for name in COMMANDS if (found := first_case(name, goes_right=False)) is not None
]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    require_linux()
    with ForkServer() as running:
        yield running


@pytest.fixture(scope="module")
def organizations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cli]:
    made = {}
    for plane in ("local", "astra"):
        made[plane] = Cli.create(tmp_path_factory.mktemp(plane))
        make_organization(made[plane], plane, KEYS)
    return made


def request(cli: Cli, case: Case, output: str, **streams: str) -> Request:
    """Return the case as a program of its own, with streams that are as named."""
    variables = {name: filled(text, KEYS) for name, text in case.variables.items()}
    line = [word.replace("{newest}", newest_backup(cli)).replace("{token}", first_token(cli)) for word in case.words]
    return Request(
        commands=[[filled_in(word, case.providers) for word in line]],
        environ=cli.process_environment({**variables, "VZCTL_OUTPUT": output}),
        cwd=str(cli.folder),
        stdin=filled(case.stdin, KEYS),
        streams={name: trouble.replace("_", " ") for name, trouble in streams.items()},
        ends_as_program=True,
    )


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(("case", "plane"), GOOD)
def test_a_command_that_succeeds_keeps_its_status(
    case: Case, plane: str, stream: str, server: ForkServer, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    output = "json" if stream == "stdout" else "human"
    healthy = server.run(request(prepared(case, organizations[plane], tmp_path / "healthy"), case, output))
    assert healthy.status == case.status, healthy.stderr
    found, expected = {}, {}
    for trouble in TROUBLES:
        cli = prepared(case, organizations[plane], tmp_path / trouble.replace(" ", "-"))
        ended = server.run(request(cli, case, output, **{stream: trouble}))
        found[trouble] = ended.status
        is_lost = stream == "stdout" and trouble != "reader gone" and healthy.stdout != ""
        expected[trouble] = 1 if is_lost else healthy.status
        assert "Traceback" not in ended.stderr
    assert found == expected


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(("case", "plane"), BAD)
def test_a_command_that_fails_keeps_its_status(
    case: Case, plane: str, stream: str, server: ForkServer, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    cli = prepared(case, organizations[plane], tmp_path / "user")
    found = {
        trouble: server.run(request(cli, case, "json", **{stream: trouble} if trouble else {})).status
        for trouble in ("", *TROUBLES)
    }
    assert found == dict.fromkeys(("", *TROUBLES), case.status)


def test_every_command_is_tried() -> None:
    assert {case.command for case in CASES} == set(COMMANDS)


@pytest.mark.installed
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
        return subprocess.run(program, env=environment, timeout=60, check=False, **streams).returncode
    finally:
        os.close(writing)
        if trouble == "full":
            os.close(streams[stream])
