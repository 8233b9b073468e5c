"""The table of commands: complete, true, and loaded only as far as a command line needs it."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from importlib import import_module
from typing import Any, Final

import pytest
import typer

import vzctl.cli
from tests.support.cli import Cli, every_command
from vzctl.cli.commands import SUMMARIES
from vzctl.cli.main import app

MODULES_AT_THE_END: Final = """
import atexit, json, os, sys
own = os.dup(2)
atexit.register(lambda: os.write(own, json.dumps([name for name in sys.modules if name.startswith("vzctl.cli.")]).encode()))
from vzctl.__main__ import main
main()
"""

KINDS: Final = {"NUMBER": "an integer", "DAYS": "an integer", "1|2": "an integer", "SECONDS": "a number"}
NUMERIC_OPTIONS: Final = [
    (words, option.opts[0], KINDS[option.metavar])
    for words, command in every_command()
    for option in command.params
    if option.metavar in KINDS and option.opts[0] != "--lock-timeout"  # a setting, which is text from any source
]


def loaded_by(*words: str) -> set[str]:
    """Return the command modules that a command line loads in a process of its own."""
    done = subprocess.run([sys.executable, "-c", MODULES_AT_THE_END, *words], capture_output=True, check=True)
    commands = {"help_topics" if name == "help" else name for name in SUMMARIES}
    return {name.removeprefix("vzctl.cli.") for name in json.loads(done.stderr)} & commands


def test_every_module_that_holds_a_command_is_in_the_table() -> None:
    names = [module.name for module in pkgutil.iter_modules(vzctl.cli.__path__) if module.name != "main"]
    modules = {name: import_module(f"vzctl.cli.{name}") for name in names}
    holding = {name for name, module in modules.items() if isinstance(getattr(module, "app", None), typer.Typer)}
    assert {"help" if name == "help_topics" else name for name in holding} == set(SUMMARIES)


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_table_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    root: Any = typer.main.get_command(app)
    command = root.commands[name]
    assert command.name == name
    assert command.help.replace("\n", " ").startswith(SUMMARIES[name])


def test_the_names_of_verbs_are_those_of_their_commands() -> None:
    root: Any = typer.main.get_command(app)
    nouns = {name: command for name, command in root.commands.items() if hasattr(command, "commands")}
    assert {"credentials", "scope", "databases"} <= nouns.keys()
    for noun in nouns.values():
        assert len(noun.commands) >= 1
        assert [verb.name for verb in noun.commands.values()] == list(noun.commands)


@pytest.mark.parametrize(
    ("words", "modules"),
    [
        (["--help"], set()),
        (["--version"], set()),
        (["credentials", "--help"], {"credentials"}),
        (["scope", "add", "--help"], {"scope"}),
        (["help", "exit-codes"], {"help_topics"}),
        (["help", "tables"], {"help_topics", "tables"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_line_loads_the_command_that_it_names(words: list[str], modules: set[str]) -> None:
    assert loaded_by(*words) == modules


@pytest.mark.parametrize(("words", "option", "kind"), NUMERIC_OPTIONS)
def test_text_that_is_not_a_number_is_refused_alike_by_every_option_and_release_of_typer(
    cli: Cli, words: str, option: str, kind: str
) -> None:
    refused = cli.run(*words.split(), option, "two")
    assert (refused.status, refused.error) == (2, f"invalid value for '{option}': 'two' is not {kind}")
