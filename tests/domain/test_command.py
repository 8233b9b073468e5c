"""A printed command is words: whatever a name contains, a shell takes it as one word, and never as an option."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.tools import require_tool
from vzctl.cli.options import TAKES_TOKEN
from vzctl.command import (
    Command,
    Selection,
    command,
    select,
    selected,
    shell_word,
    suggest,
    suggest_again,
    suggest_program,
)

SOURCE: Final = Path(__file__).parents[2] / "src" / "vzctl"
TREE: Final[dict[str, Any]] = json.loads((SOURCE / "completion" / "tree.json").read_text(encoding="utf-8"))

HOSTILE: Final = [
    "",
    "two words",
    "$(touch pwned)",
    "`touch pwned`",
    "x;touch${IFS}pwned;",
    "a'b",
    "a'; touch pwned; '",
    'a"b"; touch pwned',
    "back\\slash",
    "ends in a backslash\\",
    "\\'; touch pwned; \\'",
    "=ls",
    "~",
    "~root/x",
    "!!",
    "^a^b",
    "#comment",
    "a #b",
    "*",
    "[a]",
    "{a,b}",
    "a&b|c>d<e",
    "%1",
    "-rf",
    "--force",
    "--",
    "über",
    "日本",
]
UNPRINTABLE: Final = [
    "new\nline; touch pwned",
    "tab\there",
    "\x1b[2J\x1b]0;title\x07",
    "line\u2028separator",
    "turned \u202e around",
    "quote'\n; touch pwned; '\\",
    "\x7f",
]
NOWHERE: Final = "/nonexistent"
SHELLS: Final = {
    "bash": ["bash", "-c"],
    "dash": ["dash", "-c"],
    "zsh": ["zsh", "-f", "-c"],
    "fish": ["fish", "--no-config", "-c"],
}


def words_in(shell: str, text: str, folder: Path) -> list[str]:
    """Return the words that a shell makes of a command's text after the program's name."""
    define = (
        "function vzctl; printf '%s\\0' $argv; end"
        if shell == "fish"
        else "vzctl() { [ $# = 0 ] || printf '%s\\0' \"$@\"; }"
    )
    done = subprocess.run(
        [*SHELLS[shell], f"{define}\n{text}"], capture_output=True, cwd=folder, check=False, timeout=20,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8", "HOME": NOWHERE, "XDG_CONFIG_HOME": NOWHERE},
    )  # fmt: skip
    assert list(folder.iterdir()) == [], f"{shell} executed something: {text}"
    return done.stdout.decode("utf-8", "replace").split("\0")[:-1]


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    require_tool(name)
    return name


@pytest.fixture(autouse=True)
def unselected() -> Iterator[None]:
    before = selected()
    select(Selection())
    yield
    select(before)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_shell_takes_a_value_as_one_word(shell: str, value: str, tmp_path: Path) -> None:
    text = str(command("scope add", "openai-prod", value, note=value))
    option = [f"--note={value}"] if value.startswith("-") else ["--note", value]
    rest = [*option, "--", "openai-prod", value] if value.startswith("-") else ["openai-prod", value, *option]
    assert words_in(shell, text, tmp_path) == ["scope", "add", *rest]


@pytest.mark.parametrize("value", UNPRINTABLE)
def test_what_cannot_be_printed_is_an_escape(value: str, tmp_path: Path) -> None:
    text = str(command("databases show", value))
    assert text.isprintable()
    assert words_in("bash", text, tmp_path) == ["databases", "show", value]


@pytest.mark.parametrize("value", UNPRINTABLE)
def test_an_escape_executes_nothing_in_any_shell(shell: str, value: str, tmp_path: Path) -> None:
    words_in(shell, str(command("databases show", value)), tmp_path)


def test_no_word_ends_at_a_null(tmp_path: Path) -> None:
    assert words_in("bash", str(command("databases forget", "shop\0x")), tmp_path) == [
        "databases",
        "forget",
        "shop\ufffdx",
    ]


@pytest.mark.parametrize("value", ["shop", "shop@us-east1", "shop/default_keyspace/products", "hm:0", "a=b", "1,2"])
def test_a_plain_word_stays_as_it_is(value: str) -> None:
    assert shell_word(value) == value


def test_the_text_of_a_command() -> None:
    assert str(command("credentials edit", "a", max_age_days=90)) == "vzctl credentials edit a --max-age-days 90"
    assert (
        str(command("sync", from_=("a", "b c"), prune=True, all=False, note=None))
        == "vzctl sync --from a --from 'b c' --prune"
    )
    assert str(suggest_program("pip", "install", "vzctl[age]", comment="").command) == "pip install 'vzctl[age]'"
    assert str(Command("secrets test", environment=(("NAME", "a b"),))) == "NAME='a b' vzctl secrets test"
    filled = command("providers show", "{provider}").filled(provider="{x} y")
    assert (str(filled), filled.needs("provider")) == ("vzctl providers show '{x} y'", False)


def test_the_same_command_is_what_was_typed_with_more_options() -> None:
    again = suggest_again("wait longer", lock_timeout="60").command
    assert str(again) == "the same command with --lock-timeout 60"
    assert str(again.repeating(["scope", "add", "a", "$(b)"])) == "vzctl scope add a '$(b)' --lock-timeout 60"
    assert str(again.repeating(["scope", "add", "--", "-a"])) == "vzctl scope add --lock-timeout 60 -- -a"
    assert command("status").repeating(["scope"]) == command("status")


def test_what_was_selected_is_part_of_every_command() -> None:
    select(Selection((("--profile", "a b"), ("--state", "x.toml")), "MY_TOKEN", frozenset({"sync"})))
    assert str(command("status")) == "vzctl status --profile 'a b' --state x.toml"
    assert str(command("sync", prune=True)) == "vzctl sync --prune --profile 'a b' --state x.toml --token-env MY_TOKEN"
    assert str(command("status", profile="c")) == "vzctl status --profile c --state x.toml"
    assert str(command("databases show", "-x")) == "vzctl databases show --profile 'a b' --state x.toml -- -x"
    assert command("scope add", "a", "b").portable() == "vzctl scope add a b"
    assert str(command("sync", help=True)) == "vzctl sync --help"


def test_the_commands_that_take_the_tokens_variable_are_those_with_the_option() -> None:
    assert {path for path, entry in commands() if "--token-env" in names_of(entry)} == TAKES_TOKEN


def commands(entry: dict[str, Any] | None = None, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every command of the program with its path."""
    for child in (entry or TREE["root"])["commands"]:
        words = f"{path} {child['name']}".strip()
        yield words, child
        yield from commands(child, words) if child["commands"] else ()


def names_of(entry: dict[str, Any]) -> set[str]:
    return {name for option in entry["options"] for name in option["names"]}


def calls() -> list[Any]:
    """Return every call that makes a printed command out of a path that is written in the code."""
    return [
        pytest.param(node, id=f"{path.relative_to(SOURCE)}:{node.lineno}")
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("suggest", "command", "Command")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value
    ]


@pytest.mark.parametrize("call", calls())
def test_a_printed_command_exists_with_its_options(call: ast.Call) -> None:
    known = dict(commands())
    words = ast.literal_eval(call.args[0]).split()
    path = next(" ".join(words[:count]) for count in range(len(words), 0, -1) if " ".join(words[:count]) in known)
    entry = known[path]
    assert [word for word in words[len(path.split()) :] if not word.startswith("~/")] == []
    options = {
        f"--{item.arg.strip('_').replace('_', '-')}"
        for item in call.keywords
        if item.arg not in (None, "comment", "environment")
    }
    shared = {name for option in TREE["global_options"] for name in option["names"]} | {"--help"}
    assert options - names_of(entry) - shared == set()
    if not entry["commands"] and len(call.args) > 1:
        assert entry["arguments"], f"{path} takes no argument"


def texts() -> Iterator[tuple[str, ast.AST]]:
    """Yield every text of the program that may be shown to a person."""
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name in ("command.py", "scripts.py"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


def test_no_text_puts_data_into_a_command() -> None:
    """A command with data in it comes from `vzctl.command`, or a name in it could be executed by whoever pastes it."""
    nouns = "|".join(child["name"] for child in TREE["root"]["commands"])
    begins = re.compile(rf"vzctl (?!map of|help )({nouns})\b[^\"`\n]*$")
    wrong = []
    for place, node in texts():
        if isinstance(node, ast.JoinedStr):
            for part, following in zip(node.values, node.values[1:], strict=False):
                if (
                    isinstance(part, ast.Constant)
                    and isinstance(following, ast.FormattedValue)
                    and begins.search(str(part.value))
                ):
                    wrong.append(place)
        elif isinstance(node, ast.Constant) and re.search(
            rf"vzctl (?!map of|help )({nouns})\b[^\"`\n]*(\{{|%s)", str(node.value)
        ):
            wrong.append(place)
    assert wrong == []
    assert isinstance(suggest("status", comment="").command, Command)


def test_a_selection_keeps_only_what_is_fit_to_be_printed() -> None:
    selection = Selection((("--profile", "secret"), ("--state", "x.toml")), "MY_TOKEN", frozenset({"sync"}))
    kept = selection.kept(lambda value: value != "secret")
    assert kept == Selection((("--state", "x.toml"),), "MY_TOKEN", frozenset({"sync"}))
