"""The Typer application described as data: what each value completes to, and what stays unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer import Argument, Option

from tools.command_tree import first_sentence, tree_text, write_tree
from vzctl.completion.engine import complete
from vzctl.completion.tree import load_tree

app = typer.Typer(add_completion=False, rich_markup_mode=None)
credentials = typer.Typer(help="Named keys.")
app.add_typer(credentials, name="credentials")


@app.callback()
def options_of_all_commands(
    state: Annotated[str | None, Option("--state", metavar="PATH", help="The state file.")] = None,
    verbose: Annotated[int, Option("-v", "--verbose", count=True)] = 0,
    trace: Annotated[bool, Option("--trace", hidden=True)] = False,
) -> None: ...


@credentials.command("add")
def add(
    name: Annotated[str, Argument(metavar="NEW_NAME")],
    scope: Annotated[list[str] | None, Option("--scope", metavar="DB")] = None,
    state: Annotated[str | None, Option("--state", metavar="PATH", help="The state file.")] = None,
    wait: Annotated[bool, Option("--wait/--no-wait", help="Wait. Or not.")] = True,
    if_exists: Annotated[str, Option("--if-exists", metavar="fail|skip")] = "fail",
    secret_file: Annotated[Path | None, Option("--secret-file", metavar="FILE")] = None,
    folder: Annotated[Path | None, Option("--folder", metavar="DIR")] = None,
    note: Annotated[str, Option("--note", metavar="TEXT")] = "",
) -> None:
    """Add a credential. It must
    not exist.

    More.
    """


@credentials.command("secret", hidden=True)
def secret() -> None: ...


@app.command("rotate")
def rotate(
    name: Annotated[str, Argument(metavar="[NAME]")], databases: Annotated[list[str], Argument(metavar="DB…")]
) -> None:
    """Rotate."""


@app.command("diagnose")
def diagnose(
    source: Annotated[str, Argument(metavar="[-|FILE]")], topic: Annotated[str, Argument(metavar="TOPIC")]
) -> None: ...


@app.command("completion")
def completion(shell: Annotated[str, Argument(metavar="bash|zsh")]) -> None: ...


def option(*names: str, **special: object) -> dict[str, object]:
    ordinary = {"help": "", "takes_value": True, "multiple": False, "kind": "", "choices": []}
    return {"names": list(names), **ordinary, **special}


def argument(kind: str = "", **special: object) -> dict[str, object]:
    return {"kind": kind, "nargs": 1, "choices": [], **special}


def command(name: str, sentence: str, **parts: object) -> dict[str, object]:
    return {"name": name, "help": sentence, "options": [], "arguments": [], "commands": [], **parts}


VOCABULARIES = {"topic": [("exit-codes", "what they mean")]}


def test_the_whole_application_is_described() -> None:
    assert json.loads(tree_text(app, VOCABULARIES)) == {
        "format": 1,
        "global_options": [
            option("--state", help="The state file", kind="file"),
            option("-v", "--verbose", takes_value=False, multiple=True),
            option("--help", help="Show this message and exit", takes_value=False),
        ],
        "root": command(
            "",
            "",
            commands=[
                command("rotate", "Rotate", arguments=[argument("credential"), argument("database", nargs=-1)]),
                command("diagnose", "", arguments=[argument("file"), argument("topic")]),
                command("completion", "", arguments=[argument(choices=["bash", "zsh"])]),
                command(
                    "credentials",
                    "Named keys",
                    commands=[
                        command(
                            "add",
                            "Add a credential",
                            arguments=[argument()],
                            options=[
                                option("--scope", kind="database", multiple=True),
                                option("--wait", "--no-wait", help="Wait", takes_value=False),
                                option("--if-exists", choices=["fail", "skip"]),
                                option("--secret-file", kind="file"),
                                option("--folder", kind="directory"),
                                option("--note"),
                            ],
                        )
                    ],
                ),
            ],
        ),
        "vocabularies": {"topic": [["exit-codes", "what they mean"]]},
    }


def test_the_engine_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "tree.json"
    write_tree(app, path, VOCABULARIES)
    tree = load_tree(str(path))

    def offered(*words: str) -> list[str]:
        found = complete(tree, words, environ={}, directory="/", locate=lambda flags, environ, directory: None)
        return [value for value, _ in found.candidates]

    assert offered("credentials", "") == ["add"]
    assert offered("credentials", "add", "--if-exists", "") == ["fail", "skip"]
    assert offered("diagnose", "-", "") == ["exit-codes"]


def test_the_same_application_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_tree(app, first, VOCABULARIES)
    write_tree(app, second, VOCABULARIES)
    assert first.read_bytes() == second.read_bytes() == tree_text(app, VOCABULARIES).encode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, ""),
        ("", ""),
        ("One.", "One"),
        ("One. Two.", "One"),
        ("One\ntwo.\n\nThree", "One two"),
        ("See e.g.this\fhidden", "See e.g.this"),
    ],
)
def test_first_sentence(text: str | None, sentence: str) -> None:
    assert first_sentence(text) == sentence
