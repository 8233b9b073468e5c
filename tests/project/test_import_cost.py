"""What is asked for often loads nothing heavy: help, version, a usage error, a TAB. Looks at modules, not at time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Final

import pytest

HEAVY: Final = frozenset(
    {"asyncio", "httpx", "keyring", "pydantic", "pydantic_core", "pyrage", "rich", "tomli", "tomli_w", "jsonschema"}
    | {"anyio", "h11", "prometheus_client", "starlette", "uvicorn"}
)
# The modules are listed at exit, whatever way the program ends, on a descriptor of their own.
WATCHED: Final = """
import atexit, json, os, sys
own = os.dup(2)
atexit.register(lambda: os.write(own, ("\\n" + json.dumps(sorted(sys.modules))).encode()))
from vzctl.__main__ import main
sys.argv[0] = "vzctl"
main()
"""


def modules_after(*words: str, environment: dict[str, str] | None = None) -> tuple[int, str, set[str]]:
    """Run in a fresh process; return the exit status, stdout, and the top-level names of every module that was loaded."""
    returned, out, loaded = watched(*words, environment=environment)
    return returned, out, {name.partition(".")[0] for name in loaded}


def all_modules_after(*words: str, environment: dict[str, str] | None = None) -> list[str]:
    """Run in a fresh process; return the whole names of every module that was loaded."""
    return watched(*words, environment=environment)[2]


def watched(*words: str, environment: dict[str, str] | None = None) -> tuple[int, str, list[str]]:
    """Run in a fresh process and list what it loaded."""
    # A child that coverage watches loads what coverage needs to read its configuration, tomllib among it.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    answer = subprocess.run(
        [sys.executable, "-c", WATCHED, *words],
        env={**inherited, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = json.loads(answer.stderr.splitlines()[-1])
    return answer.returncode, answer.stdout, loaded


@pytest.mark.parametrize(
    ("words", "status", "shows"),
    [
        (["--help"], 0, "credentials"),
        (["--version"], 0, "vzctl "),
        (["credentials", "--help"], 0, "rotate"),
        (["credentials"], 0, "rotate"),
        (["scope", "add", "--help"], 0, "--all-databases"),
        (["credentials", "rotate", "--help"], 0, "--leaked"),
        (["diagnose", "--help"], 0, "--follow"),
        (["diagnose", "--dedupe"], 2, ""),
        (["explain", "--help"], 0, "--all"),
        (["serve", "run", "--help"], 0, "--client-ca"),
        (["credentials", "show", "--no-such-option"], 2, ""),
        (["credentials", "show", "--no-such-option", "-o", "json"], 2, '"ok":false'),
        (["no-such-command"], 2, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_short_answer_loads_nothing_heavy(words: list[str], status: int, shows: str) -> None:
    returned, out, loaded = modules_after(*words)
    assert (returned, shows in out) == (status, True)
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_tab_loads_neither_typer_nor_anything_heavy(shell: str) -> None:
    words = ["", "vzctl credentials ro"] if shell == "bash" else ["credentials", "ro"]
    returned, out, loaded = modules_after("--", *words, environment={"_VZCTL_COMPLETE": shell})
    assert (returned, "rotate" in out) == (0, True)
    assert loaded & (HEAVY | {"typer", "tomllib"}) == set()


@pytest.mark.parametrize(
    "words", [["serve", "config", "--database", "shop"], ["serve", "check"], ["databases", "token", "list"], ["status"]]
)
def test_the_web_server_is_loaded_by_the_service_alone(words: list[str]) -> None:
    _, _, loaded = modules_after(*words)
    assert loaded & {"anyio", "asyncio", "h11", "prometheus_client", "starlette", "uvicorn"} == set()


def test_the_watch_sees_what_a_command_loads() -> None:
    _, _, loaded = modules_after("state", "show")
    assert "tomli" in loaded


RULES: Final = "vzctl.domain.diagnosis"


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["help", "diagnose"],
        ["diagnose", "--help"],
        ["explain", "--help"],
        ["status"],
        ["providers", "list"],
    ],
    ids=" ".join,
)
def test_only_diagnose_and_explain_load_the_rules_and_the_codes(words: list[str]) -> None:
    assert not any(name.startswith(RULES) for name in all_modules_after(*words))


@pytest.mark.parametrize("words", [["--", "dia"], ["--", "explain", ""], ["--", "diagnose", "--f"]], ids=" ".join)
def test_a_tab_loads_neither_rules_nor_codes(words: list[str]) -> None:
    assert not any(
        name.startswith(RULES) for name in all_modules_after(*words, environment={"_VZCTL_COMPLETE": "fish"})
    )


def test_diagnose_without_a_state_loads_the_rules_and_nothing_heavy() -> None:
    loaded = all_modules_after("diagnose", "--text", "insufficient_quota", environment={"VZCTL_STATE": "/nonexistent"})
    assert "vzctl.domain.diagnosis.table" in loaded
    assert {name.partition(".")[0] for name in loaded} & {"keyring", "pydantic", "pyrage", "rich"} == set()
