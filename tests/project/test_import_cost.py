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
atexit.register(lambda: os.write(2, ("\\n" + json.dumps(sorted(sys.modules))).encode()))
from vzctl.__main__ import main
sys.argv[0] = "vzctl"
main()
"""


def modules_after(*words: str, environment: dict[str, str] | None = None) -> tuple[int, str, set[str]]:
    """Run in a fresh process; return the exit status, stdout, and the top-level names of every module that was loaded."""
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
    return answer.returncode, answer.stdout, {name.partition(".")[0] for name in loaded}


@pytest.mark.parametrize(
    ("words", "status", "shows"),
    [
        (["--help"], 0, "credentials"),
        (["--version"], 0, "vzctl "),
        (["credentials", "--help"], 0, "rotate"),
        (["credentials"], 0, "rotate"),
        (["scope", "add", "--help"], 0, "--all-databases"),
        (["credentials", "rotate", "--help"], 0, "--leaked"),
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
