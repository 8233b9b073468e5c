"""Terminals, pipes and locales of every kind: plain output is the same bytes everywhere."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.support.cli import Cli

SURROUNDINGS = {
    "narrow": {"COLUMNS": "40"},
    "no color": {"NO_COLOR": "1"},
    "forced color": {"FORCE_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
    "C locale": {"LC_ALL": "C", "LANG": "C"},
    "C locale without UTF-8 mode": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "another output encoding": {"PYTHONIOENCODING": "latin-1"},
    "no terminal type": {"TERM": ""},
}


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    cli = Cli.create(tmp_path_factory.mktemp("environment")).init()
    cli.add("openai-prod", "--note", "für die Suche – 検索").collect("shop/default/ein_sehr_langer_name_einer_sammlung")
    return cli


@pytest.mark.sampled(8)
@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
@pytest.mark.parametrize("words", ["credentials show openai-prod", "collections list", "credentials show openai-pro"])
def test_plain_output_and_errors_are_the_same_everywhere(cli: Cli, words: str, surroundings: dict[str, str]) -> None:
    usual = cli.run(*words.split())
    found = cli.process(*words.split(), env=surroundings)
    assert found == usual


@pytest.mark.sampled(2)
@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_json_is_the_same_everywhere(cli: Cli, surroundings: dict[str, str]) -> None:
    words = ("credentials", "show", "openai-prod", "-o", "json")
    assert cli.process(*words, env=surroundings) == cli.run(*words)


@pytest.mark.parametrize("columns", ["40", "80", "100", "300"])
@pytest.mark.parametrize("words", ["databases list", "collections list", "credentials list", "providers list", "audit"])
def test_no_word_of_a_human_table_is_broken_or_lost_at_any_width(cli: Cli, words: str, columns: str) -> None:
    wide = cli.run(*words.split(), "-o", "human", env={"COLUMNS": "1000"})
    narrow = cli.run(*words.split(), "-o", "human", env={"COLUMNS": columns})
    # A line is longer only where it holds one thing that people copy whole; the terminal breaks it, and not the text.
    assert [line for line in narrow.lines if len(line) > int(columns) and len(line.split()) > 2] == []
    assert set(wide.out.casefold().split()) - {"-"} <= set(narrow.out.casefold().split())


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("databases list", "11111111-1111-4111-8111-111111111111"),
        ("collections list", "shop/default/ein_sehr_langer_name_einer_sammlung"),
    ],
)
@pytest.mark.parametrize("columns", ["40", "80", "110"])
def test_what_people_copy_is_not_broken(cli: Cli, words: str, whole: str, columns: str) -> None:
    assert whole in cli.run(*words.split(), "-o", "human", env={"COLUMNS": columns}).out


ESCAPE = "\x1b["


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("words", "env", "colored"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "0"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ([], {"VZCTL_COLOR": "always"}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "auto"], {"VZCTL_COLOR": "always"}, False),
    ],
)
def test_color_is_decided_by_flag_environment_and_terminal_in_this_order(
    cli: Cli, words: list[str], env: dict[str, str], colored: bool
) -> None:
    result = cli.process("status", "-o", "human", *words, env=env)
    assert (ESCAPE in result.out, ESCAPE in result.err) == (colored, False)


def test_colors_change_nothing_but_the_colors(cli: Cli) -> None:
    import re

    colored = cli.run("status", "-o", "human", "--color", "always").out
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == cli.run("status", "-o", "human").out


@pytest.mark.parametrize("output", ["plain", "human", "json"])
def test_control_characters_of_a_hand_edited_state_move_no_cursor(cli: Cli, tmp_path: Path, output: str) -> None:
    own = Cli.create(tmp_path / "own").init().add("openai-prod", "--note", "note")
    text = own.state.read_text(encoding="utf-8")
    text = text.replace('name = "shop"', r'name = "sh\u001B[2Jop\u202E\r\n"').replace(
        'note = "note"', r'note = "a\tb\u0007"'
    )
    own.state.write_text(text, encoding="utf-8")
    for words in (
        ["databases", "list"],
        ["databases", "show", "11111111"],
        ["credentials", "show", "openai-prod"],
        ["scope", "list", "openai-prod"],
        ["status", "-v"],
        ["credentials", "remove", "openai-prod", "--dry-run"],
        ["scope", "set", "openai-prod", "--none"],
        ["credentials", "rotate", "openai-prod", "--dry-run"],
    ):
        result = own.run(*words, "-o", output)
        for character in itertools.chain(result.out, result.err):
            assert character.isprintable() or character == "\n" or (character == "\t" and output == "plain")
    if output != "json":
        shown = own.run("databases", "list", "-o", output, env={"COLUMNS": "300"}).out
        assert r"sh\x1b[2Jop\u202e\r\n" in shown
        assert r"a\tb\x07" in own.run("credentials", "show", "openai-prod", "-o", output).out


def test_quiet_leaves_data_and_errors_and_verbose_says_where_the_state_is(cli: Cli) -> None:
    quiet = cli.run("credentials", "list", "--due", "-q")
    assert (quiet.err, cli.run("databases", "edit", "shop", "--status", "PARKED", "-q").err) == ("", "")
    # What a dry run says is its result.
    assert cli.run("databases", "edit", "shop", "-n", "--status", "ACTIVE", "-q").err == 'would edit "shop"\n'
    assert cli.run("credentials", "show", "nobody", "-q").err != ""
    assert cli.run("credentials", "list", "-v").err == f"state: {cli.state} (from default)\n"
    assert cli.run("credentials", "list", "-v", "-q").err == ""


@pytest.mark.parametrize(
    "words",
    [
        ["-o", "json", "credentials", "list"],
        ["credentials", "-o", "json", "list"],
        ["credentials", "list", "-o", "json"],
        ["credentials", "list", "--output=json"],
        ["credentials", "list", "-ojson"],
        ["-o", "plain", "credentials", "-o", "human", "list", "-o", "json"],
    ],
)
def test_global_flags_go_before_and_after_every_word_and_the_last_one_wins(cli: Cli, words: list[str]) -> None:
    assert cli.run(*words).out == cli.run("credentials", "list", env={"VZCTL_OUTPUT": "json"}).out


@pytest.mark.parametrize("words", [["-V"], ["--version"], ["-V", "credentials"]])
def test_the_version_is_printed(cli: Cli, words: list[str]) -> None:
    from vzctl import __version__

    result = cli.process(*words)
    assert (result.status, result.out, result.err) == (0, f"vzctl {__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_shows_the_own_options_first_and_those_of_all_commands_last(cli: Cli, flag: str) -> None:
    page = cli.process("credentials", "remove", flag).out
    headings = ["Arguments:", "Options:", "Options of every change:", "Global options:"]
    assert [line for line in page.splitlines() if line in headings] == headings
    assert page == cli.run("help", "credentials", "remove").out


def test_a_bare_noun_prints_its_help(cli: Cli) -> None:
    bare = cli.run("credentials")
    assert (bare.status, bare.out, bare.err) == (0, cli.run("credentials", "--help").out, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_that_is_in_the_repository(cli: Cli, shell: str) -> None:
    names = {"bash": "vzctl.bash", "zsh": "_vzctl", "fish": "vzctl.fish"}
    expected = (Path(__file__).parents[2] / "completions" / names[shell]).read_text(encoding="utf-8")
    result = cli.run("completion", shell)
    assert (result.status, result.out, result.err) == (0, expected, "")


REFUSED = {
    "no TOML": ("[secrets", {}),
    "an unknown key": ("nonsense = 1\n", {}),
    "another output": ("", {"VZCTL_OUTPUT": "xml"}),
    "another color": ("", {"VZCTL_COLOR": "maybe"}),
    "no number": ("", {"VZCTL_LOCK_TIMEOUT": "soon"}),
    "no profile": ("", {"VZCTL_PROFILE": "../x"}),
}


@pytest.mark.parametrize(("configuration", "variables"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("words", ["help", "help environment", "help exit-codes", "help scope add", "completion bash"])
def test_settings_that_are_refused_do_not_hide_the_pages_that_explain_them(
    tmp_path: Path, words: str, configuration: str, variables: dict[str, str]
) -> None:
    cli = Cli.create(tmp_path / "user")
    usual = cli.ok(*words.split())
    cli.configure(configuration)
    assert cli.run("status", env=variables).status == 2
    assert cli.run(*words.split(), env=variables) == usual
    assert json.loads(cli.ok(*words.split(), "-o", "json", env=variables).out)["data"]["text"] == usual.out
    assert cli.run(*words.split(), "-o", "xml", env=variables).status == 2
