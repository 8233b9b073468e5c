"""The completing process: what it loads, and that it stays silent whatever goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import vzctl
from tests.completion.conftest import write_names
from tests.support.tools import skip

SOURCE = str(Path(vzctl.__file__).parents[1])

NEVER_LOADED = {
    "argparse",
    "asyncio",
    "click",
    "httpx",
    "jsonschema",
    "keyring",
    "logging",
    "pathlib",
    "pydantic",
    "rich",
    "socket",
    "ssl",
    "subprocess",
    "tomli",
    "tomllib",
    "typer",
    "vzctl.cli",
    "vzctl.render",
    "vzctl.store",
    "vzctl.usecases",
    "vzctl.vault",
}
NOT_LOADED_WITHOUT_SETTINGS = {"dataclasses", "inspect", "vzctl.domain", "vzctl.settings"}

# What is loaded before is not the completion's: a coverage measurement starts with the interpreter.
LOADED = """
import json, os, runpy, sys
own = os.dup(2)
before = set(sys.modules)
try:
    {run}
except SystemExit as leaving:
    status = leaving.code
os.write(own, (json.dumps([status, sorted(set(sys.modules) - before)]) + "\\n").encode())
"""
RUN_STUB = "runpy.run_path({stub!r}, run_name='__main__')"
RUN_REAL = "runpy.run_module('vzctl', run_name='__main__')"


def loaded(run: str, state: Path) -> tuple[list[str], set[str]]:
    """Complete credential names in a fresh process; return the names and the modules that were loaded for it."""
    environment = {**os.environ, "_VZCTL_COMPLETE": "zsh", "VZCTL_STATE": str(state)}
    answer = subprocess.run(
        [sys.executable, "-c", LOADED.format(run=run), "--", "credentials", "show", "openai-"],
        capture_output=True,
        encoding="utf-8",
        env={**environment, "PYTHONPATH": SOURCE},
        check=True,
    )
    status, modules = json.loads(answer.stderr)
    assert status == 0
    return answer.stdout.splitlines()[1:], set(modules)


def test_completing_loads_the_standard_library_only_and_little_of_it(state: Path, stub_directory: Path) -> None:
    names, modules = loaded(RUN_STUB.format(stub=str(stub_directory / "vzctl")), state)
    assert names == ["openai-dev:openai", "openai-prod:openai"]
    assert modules & (NEVER_LOADED | NOT_LOADED_WITHOUT_SETTINGS) == set()
    assert "vzctl.completion.engine" in modules


def test_the_real_command_completes_without_loading_what_commands_need(state: Path, real_directory: Path) -> None:
    if "VZCTL_TEST_COMMAND" in os.environ:
        skip("unset VZCTL_TEST_COMMAND: the modules of another installation cannot be seen from here")
    names, modules = loaded(RUN_REAL, state)
    assert names == ["openai-dev:openai", "openai-prod:openai"]
    assert modules & NEVER_LOADED == set()


def run_stub(
    stub_directory: Path, *arguments: str, shell: str = "zsh", **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [stub_directory / "vzctl", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "_VZCTL_COMPLETE": shell, **variables},
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    "arguments",
    [["--", "credentials", "show", ""], ["credentials", "show", ""]],
    ids=["with separator", "without separator"],
)
def test_answers_on_stdout(state: Path, stub_directory: Path, arguments: list[str]) -> None:
    answer = run_stub(stub_directory, *arguments, VZCTL_STATE=str(state))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == "values\t0\tcredential\nazure-test:azureOpenAI\nopenai-dev:openai\nopenai-prod:openai\n"


def test_names_outside_ascii_come_through_in_any_locale(state: Path, stub_directory: Path) -> None:
    write_names(state, {"databases": [["1", "büro", None, "ACTIVE"]]})
    answer = run_stub(stub_directory, "--", "databases", "show", "bü", VZCTL_STATE=str(state), LC_ALL="C")
    assert answer.stdout == "values\t0\tdatabase\nbüro:ACTIVE\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", ""])
@pytest.mark.parametrize("arguments", [[], ["--"], ["--", "credentials", "show", ""], ["--", "\udcff", "\udcff"]])
def test_a_missing_state_and_odd_calls_are_silent(stub_directory: Path, shell: str, arguments: list[str]) -> None:
    answer = run_stub(stub_directory, *arguments, shell=shell, VZCTL_STATE="/nowhere/state.toml")
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"<<<<<<< HEAD\n",
        b"a = [" + b"[" * 50_000,
        b'credentials = "no list"',
        b"[[credentials]]\nid = 1\n",
    ],
    ids=["empty", "binary", "conflict", "deep", "wrong type", "incomplete"],
)
def test_a_broken_state_is_silent_and_stays_as_it_is(state: Path, stub_directory: Path, content: bytes) -> None:
    state.write_bytes(content)
    answer = run_stub(stub_directory, "--", "credentials", "show", "", VZCTL_STATE=str(state))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert [line for line in answer.stdout.splitlines() if line.startswith("openai")] == []
    assert state.read_bytes() == content


def test_a_missing_tree_is_silent(stub_directory: Path) -> None:
    (stub_directory / "tree.json").unlink()
    answer = run_stub(stub_directory, "--", "cred")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_a_folder_that_is_gone_is_silent(stub_directory: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'cd "{gone}" && rmdir "{gone}" && exec "{sys.executable}" "{stub_directory}/vzctl" -- cred'
    answer = subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "_VZCTL_COMPLETE": "zsh"},
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_reader_that_went_away_is_silent(state: Path, stub_directory: Path) -> None:
    write_names(state, {"credentials": [[f"name-{number}", "openai"] for number in range(20_000)]})
    reading, writing = os.pipe()
    os.close(reading)
    answer = subprocess.run(
        [stub_directory / "vzctl", "--", "credentials", "show", ""],
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**os.environ, "_VZCTL_COMPLETE": "zsh", "VZCTL_STATE": str(state)},
        check=False,
    )
    os.close(writing)
    assert (answer.returncode, answer.stderr) == (0, b"")


def test_pipes_are_not_waited_for(state: Path, stub_directory: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    answer = run_stub(stub_directory, "--", "credentials", "show", "", VZCTL_STATE=str(tmp_path / "pipe"))
    assert answer.stdout == "values\t0\tcredential\n"

    state.write_text('[[databases]]\nid = "1"\nname = "logs"\n', encoding="utf-8")
    cache = Path(f"{state}.d/cache/names.json")
    cache.unlink()
    os.mkfifo(cache)
    answer = run_stub(stub_directory, "--", "databases", "show", "", VZCTL_STATE=str(state))
    assert answer.stdout == "values\t0\tdatabase\nlogs\n"


def test_nothing_is_written(state: Path, stub_directory: Path, tmp_path: Path) -> None:
    (stub_directory / "calls").touch()
    state.write_text("schema = 1\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    run_stub(stub_directory, "--", "credentials", "show", "", VZCTL_STATE=str(state))
    assert sorted(tmp_path.rglob("*")) == before
