"""Every command with each standard stream closed, full, or without a reader: the exit status is the program's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.case_runner import filled, first_token, newest_backup, prepared
from tests.e2e.contract_cases import CASES, KEYS, Case
from tests.support.cli import Cli, every_command
from tests.support.fork_server import ForkServer, Request
from tests.support.organization import make_organization
from tests.support.standin.shared import filled_in
from tests.support.tools import require_linux

COMMANDS: Final = [words.replace(" ", ".") for words, _ in every_command()]
TROUBLES: Final = ("closed", "full", "reader gone")


def first_case(command: str, *, goes_right: bool) -> tuple[Case, str] | None:
    """Return the first case that gives an answer, or that gives none: a batch that fails in part gives one too."""
    for case in CASES:
        if case.command == command and case.goes_right == goes_right and case.code != "PARTIAL":
            return case, case.planes[0]
    return None


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


def request(cli: Cli, case: Case, output: str, streams: Mapping[str, str]) -> Request:
    """Return the case as a program of its own, with streams that are as named."""
    variables = {name: filled(text, KEYS) for name, text in case.variables.items()}
    line = [word.replace("{newest}", newest_backup(cli)).replace("{token}", first_token(cli)) for word in case.words]
    return Request(
        commands=[[filled_in(word, case.providers) for word in line]],
        environ=cli.process_environment({**variables, "VZCTL_OUTPUT": output}),
        cwd=str(cli.folder),
        stdin=filled(case.stdin, KEYS),
        streams=streams,
        ends_as_program=True,
    )


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("case", "plane"), GOOD)
def test_a_command_that_succeeds_keeps_its_status(
    case: Case, plane: str, server: ForkServer, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    found, expected = {}, {}
    for stream, output in (("stdout", "json"), ("stderr", "human")):
        healthy = server.run(request(prepared(case, organizations[plane], tmp_path / stream), case, output, {}))
        is_answer = stream == "stdout" and healthy.stdout != ""
        for trouble in TROUBLES:
            cli = prepared(case, organizations[plane], tmp_path / f"{stream}-{trouble}")
            ended = server.run(request(cli, case, output, {stream: trouble}))
            assert "Traceback" not in ended.stderr
            found[stream, trouble] = ended.status
            is_lost = is_answer and trouble in {"closed", "full"}
            expected[stream, trouble] = 1 if is_lost else healthy.status
    assert found == expected


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("case", "plane"), BAD)
def test_a_command_that_fails_keeps_its_status(
    case: Case, plane: str, server: ForkServer, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    found = {}
    for stream in ("stdout", "stderr"):
        for trouble in TROUBLES:
            cli = prepared(case, organizations[plane], tmp_path / f"{stream}-{trouble}")
            found[stream, trouble] = server.run(request(cli, case, "json", {stream: trouble})).status
    assert found == dict.fromkeys(found, case.status)


def test_every_command_is_tried() -> None:
    assert {case.command for case in CASES} == set(COMMANDS)
