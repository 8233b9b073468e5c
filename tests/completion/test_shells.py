"""A real TAB, in a pseudo-terminal, in every shell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.completion.conftest import NAMES, write_names
from tests.support.shell_session import ShellSession, installed, sourced
from tests.support.tools import require_tool
from vzctl.completion.scripts import FILE_NAMES, SHELLS, script

Start = Callable[..., ShellSession]

COMPLETED = [
    ("vzctl cred", ["vzctl", "credentials"]),
    ("vzctl credentials show azu", ["vzctl", "credentials", "show", "azure-test"]),
    ("vzctl credentials show AZU", ["vzctl", "credentials", "show", "azure-test"]),
    ("vzctl credentials show openai", ["vzctl", "credentials", "show", "openai-"]),
    ("vzctl credentials show nobody", ["vzctl", "credentials", "show", "nobody"]),
    ("vzctl credentials list --provider azu", ["vzctl", "credentials", "list", "--provider", "azureOpenAI"]),
    ("vzctl credentials list --provider=azu", ["vzctl", "credentials", "list", "--provider=azureOpenAI"]),
    ("vzctl credentials list --provider=AZU", ["vzctl", "credentials", "list", "--provider=azureOpenAI"]),
    ("vzctl credentials list --du", ["vzctl", "credentials", "list", "--due"]),
    ("vzctl credentials list -oj", ["vzctl", "credentials", "list", "-ojson"]),
    ("vzctl databases show shop@u", ["vzctl", "databases", "show", "shop@us-east1"]),
    ("vzctl databases show sho", ["vzctl", "databases", "show", "shop@"]),
    ("vzctl databases show it", ["vzctl", "databases", "show", "it's $(touch pwned)"]),
    ('vzctl databases show "it', ["vzctl", "databases", "show", "it's $(touch pwned)"]),
    ("vzctl databases show 333", ["vzctl", "databases", "show", "33333333-aaaa"]),
    ("vzctl scope add x logs shop@e", ["vzctl", "scope", "add", "x", "logs", "shop@eu-west1"]),
    ("vzctl pending confirm add-c", ["vzctl", "pending", "confirm", "add-credential:azure-test"]),
    ("vzctl pending confirm add-credential:a", ["vzctl", "pending", "confirm", "add-credential:azure-test"]),
    ("vzctl pending confirm add-scope:openai-prod:shop@", [
        "vzctl", "pending", "confirm", "add-scope:openai-prod:shop@us-east1",
    ]),
    ("vzctl collections show sh", ["vzctl", "collections", "show", "shop@us-east1/default_keyspace/products"]),
    ("vzctl diagnose a", ["vzctl", "diagnose", "a log.txt"]),
    ("vzctl diagnose 'a", ["vzctl", "diagnose", "a log.txt"]),
    ("vzctl diagnose a\\ l", ["vzctl", "diagnose", "a log.txt"]),
    ("vzctl credentials add x --secret-file a", ["vzctl", "credentials", "add", "x", "--secret-file", "a log.txt"]),
    ("vzctl credentials add x --secret-file=a", ["vzctl", "credentials", "add", "x", "--secret-file=a log.txt"]),
    ("vzctl --state 'b dir/oth", ["vzctl", "--state", "b dir/other.toml"]),
    ("vzctl status --output json --ex", ["vzctl", "status", "--output", "json", "--exit-code"]),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder in which the person sits: two files, and a folder with another state."""
    folder = tmp_path / "here"
    (folder / "b dir").mkdir(parents=True)
    (folder / "a log.txt").touch()
    (folder / "b dir" / "other.toml").touch()
    other = folder / "b dir" / "state.toml"
    other.touch()
    write_names(other, {"credentials": [["zulu", "openai"]]})
    return folder


@pytest.fixture
def start(tmp_path: Path, folder: Path, state: Path) -> Iterator[Start]:
    """Start a shell in `folder` that finds `vzctl` in the given directory."""
    with ExitStack() as sessions:

        def start_session(
            shell: str, commands: Path, setup: Callable[[str, Path], list[str]] = sourced
        ) -> ShellSession:
            require_tool(shell)
            path = tmp_path / FILE_NAMES[shell]
            path.write_text(script(shell), encoding="utf-8")
            session = ShellSession(
                shell,
                setup(shell, path),
                environment={
                    "HOME": os.environ["HOME"],
                    "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
                    "VZCTL_STATE": str(state),
                },
                directory=folder,
            )
            return sessions.enter_context(session)

        yield start_session


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_the_word(shell: str, start: Start, stub_directory: Path, folder: Path) -> None:
    session = start(shell, stub_directory)
    assert [(line, session.words_after_tab(line)) for line, _ in COMPLETED] == COMPLETED
    assert sorted(path.name for path in folder.iterdir()) == ["a log.txt", "b dir"]


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_lists_the_candidates(shell: str, start: Start, stub_directory: Path) -> None:
    session = start(shell, stub_directory)
    shown = session.listed_after_tab("vzctl credentials show ")
    assert [name for name, _ in NAMES["credentials"] if name not in shown] == []
    assert ("azureOpenAI" in shown) is (shell != "bash")

    shown = session.listed_after_tab("vzctl credentials show --provider openai ")
    assert "openai-dev" in shown
    assert "openai-prod" in shown
    assert "azure-test" not in shown

    shown = session.listed_after_tab("vzctl credentials add x --scope logs --s")
    assert "--secret-file" in shown
    assert ("help of --secret-file" in shown) is (shell != "bash")


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_from_the_state_that_was_typed(shell: str, start: Start, stub_directory: Path) -> None:
    session = start(shell, stub_directory)
    typed = ["vzctl", "--state", "b dir/state.toml", "credentials", "show", "zulu"]
    assert session.words_after_tab("vzctl --state 'b dir/state.toml' credentials show ") == typed


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_asks_once_and_sees_every_change(
    shell: str, start: Start, stub_directory: Path, state: Path, tmp_path: Path
) -> None:
    session = start(shell, stub_directory)
    calls = stub_directory / "calls"
    assert session.words_after_tab("vzctl credentials show azu")[-1] == "azure-test"
    assert len(calls.read_text(encoding="utf-8").splitlines()) == 1
    write_names(state, {"credentials": [["azure-next", "azureOpenAI"]]})
    assert session.words_after_tab("vzctl credentials show azu")[-1] == "azure-next"
    assert len(calls.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_folders_where_a_folder_is_wanted(shell: str, start: Start, stub_directory: Path) -> None:
    session = start(shell, stub_directory)
    assert session.words_after_tab("vzctl backup b")[-1].rstrip("/") == "b dir"
    if shell != "zsh":  # whose `_files -/` falls back to files
        assert session.words_after_tab("vzctl backup a")[-1] == "a"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_finds_the_installed_script_by_itself(shell: str, start: Start, stub_directory: Path) -> None:
    session = start(shell, stub_directory, installed)
    assert session.words_after_tab("vzctl cred") == ["vzctl", "credentials"]
    assert session.words_after_tab("vzctl credentials show azu")[-1] == "azure-test"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_program_that_was_typed_is_asked(shell: str, start: Start, stub_directory: Path, folder: Path) -> None:
    session = start(shell, Path("/nowhere"))
    assert session.words_after_tab(f"{stub_directory}/vzctl cred")[-1] == "credentials"
    (Path(os.environ["HOME"]) / "bin").symlink_to(stub_directory)
    assert session.words_after_tab("~/bin/vzctl cred")[-1] == "credentials"
    assert session.words_after_tab("VZCTL_OUTPUT=json ~/bin/vzctl cred")[-1] == "credentials"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_program_that_is_missing_or_fails_leaves_the_line_alone(
    shell: str, start: Start, stub_directory: Path, tmp_path: Path
) -> None:
    assert start(shell, Path("/nowhere")).words_after_tab("vzctl cred") == ["vzctl", "cred"]
    failing = tmp_path / "failing"
    failing.mkdir()
    (failing / "vzctl").write_text("#!/bin/sh\necho noise >&2\nexit 3\n", encoding="utf-8")
    (failing / "vzctl").chmod(0o755)
    session = start(shell, failing)
    assert session.words_after_tab("vzctl cred") == ["vzctl", "cred"]
    assert "noise" not in session.listed_after_tab("vzctl cred")


def test_bash_completes_the_file_of_a_redirection(start: Start, stub_directory: Path) -> None:
    session = start("bash", stub_directory)
    assert "> a\\ log.txt" in session.listed_after_tab("vzctl status > a")


def test_bash_completes_whole_words_when_nothing_breaks_them(start: Start, stub_directory: Path) -> None:
    session = start("bash", stub_directory)
    session.run("COMP_WORDBREAKS=' '")
    assert session.words_after_tab("vzctl databases show shop@u")[-1] == "shop@us-east1"
    assert session.words_after_tab("vzctl credentials list --provider=azu")[-1] == "--provider=azureOpenAI"


def test_bash_3_completes_paths_without_compopt(start: Start, stub_directory: Path) -> None:
    session = start("bash", stub_directory)
    session.run("compopt() { return 1; }")
    assert session.words_after_tab("vzctl diagnose a") == ["vzctl", "diagnose", "a log.txt"]
    assert session.words_after_tab("vzctl backup b")[-1] == "b dir/"
    assert session.words_after_tab("vzctl backup a")[-1] == "a"
    assert session.words_after_tab("vzctl credentials add --secret-file=a")[-1] == "--secret-file=a log.txt"


def test_bash_completes_in_strict_mode_and_without_globbing_names(
    start: Start, stub_directory: Path, state: Path
) -> None:
    write_names(state, {"databases": [["1", "*", None, "ACTIVE"]]})
    session = start("bash", stub_directory)
    session.run("set -u; shopt -s nullglob failglob; IFS=e")
    assert session.words_after_tab("vzctl databases show ")[-1] == "*"
    assert session.words_after_tab("vzctl credentials show x")[-1] == "x"
    assert session.words_after_tab("vzctl cred")[-1] == "credentials"


def test_bash_completes_an_alias(start: Start, stub_directory: Path) -> None:
    session = start("bash", stub_directory)
    session.run("alias vz=vzctl; complete -F _vzctl vz")
    assert session.words_after_tab("vz cred") == ["vz", "credentials"]


REAL = [
    ("vzctl cred", ["vzctl", "credentials"]),
    ("vzctl credentials show azu", ["vzctl", "credentials", "show", "azure-test"]),
    ("vzctl credentials list --provider=azu", ["vzctl", "credentials", "list", "--provider=azureOpenAI"]),
    ("vzctl databases show shop@u", ["vzctl", "databases", "show", "shop@us-east1"]),
    ("vzctl scope add azure-test shop@e", ["vzctl", "scope", "add", "azure-test", "shop@eu-west1"]),
    ("vzctl collections show sh", ["vzctl", "collections", "show", "shop@us-east1/default_keyspace/products"]),
    ("vzctl tables detach lo", ["vzctl", "tables", "detach", "logs/main/events.vector"]),
    ("vzctl rotations resume op", ["vzctl", "rotations", "resume", "openai-dev"]),
    ("vzctl pending confirm add-c", ["vzctl", "pending", "confirm", "add-credential:azure-test"]),
    ("vzctl credentials add x --secret-file a", ["vzctl", "credentials", "add", "x", "--secret-file", "a log.txt"]),
    ("vzctl credentials rotate --from=a", ["vzctl", "credentials", "rotate", "--from=a log.txt"]),
    ("vzctl completion fi", ["vzctl", "completion", "fish"]),
    ("vzctl status --no-in", ["vzctl", "status", "--no-input"]),
]


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_the_real_command(shell: str, start: Start, real_directory: Path) -> None:
    session = start(shell, real_directory)
    assert [(line, session.words_after_tab(line)) for line, _ in REAL] == REAL
