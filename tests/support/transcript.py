"""Whole conversations with vzctl in a text file: what is typed, and every line that comes back.

    # free text
    $ vzctl databases list
    | stdout with --output plain
    : stdout with --output human at 100 columns
    ! stderr, the same with both
    = 3, the exit status when it is not 0

Lines with `< ` after a command are its standard input; `$ write FILE` makes a file of them; NAME=VALUE before `vzctl`
sets a variable; `{90 days ago}` is a moment. Two users type the same, one wants plain output and one human output.
Every key is good at the providers that they reach; `<<shop>>` is the endpoint of a database there.
`python -m tests.support.transcript` writes the answers anew: read the difference before you keep it.
"""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.cli import Cli, Result, days_ago
from tests.support.standin.shared import LENIENT, TOKEN, filled_in, shared

FOLDER: Final = Path(__file__).parents[1] / "cli" / "transcripts"
HOST: Final = "workstation"
WIDTH: Final = "100"

_ANSWER: Final = ("| ", ": ", "! ", "= ", "|\n", ":\n", "!\n")
_BACKUP_SIZE: Final = re.compile(r"\b\d{3,5}(?=\s+\S*/backups/)")
"""Changes with every detail of the file's form, which is not the subject here."""
_AGO: Final = re.compile(r"\{(\d+) days ago\}")


@dataclass(frozen=True, slots=True)
class Typed:
    """One command with its input, or a comment."""

    line: str
    stdin: str = ""


def play(text: str, folder: Path) -> str:
    """Type everything in the transcript as two users below `folder`, and return the transcript of it."""
    plain, human = (Cli.create(folder / name) for name in ("plain", "human"))
    for cli in (plain, human):
        cli.configure(cli.configuration + shared()[LENIENT].configuration)
        cli.environment["ASTRA_DB_APPLICATION_TOKEN"] = TOKEN
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("socket.gethostname", lambda: HOST)
        played = "".join(_played(plain, human, typed) for typed in parse(text))
        return played.replace(filled_in("<<shop>>", LENIENT), "<<shop>>")


def parse(text: str) -> Iterator[Typed]:
    """Yield what is typed, without the answers."""
    line, stdin = "", ""
    for number, found in enumerate(text.splitlines(keepends=True)):
        if found.startswith(_ANSWER):
            continue
        if found.startswith(("< ", "<\n")):
            stdin += found[2:] if found.startswith("< ") else "\n"
            continue
        if number:
            yield Typed(line, stdin)
        line, stdin = found, ""
    yield Typed(line, stdin)


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every command that is typed, without variables and `vzctl`."""
    for typed in parse(text):
        if typed.line.startswith("$ "):
            words = shlex.split(typed.line[2:])
            if "vzctl" in words:
                yield words[words.index("vzctl") + 1 :]


def _played(plain: Cli, human: Cli, typed: Typed) -> str:
    shown = typed.line + "".join(f"< {line}" for line in typed.stdin.splitlines(keepends=True))
    if not typed.line.startswith("$ "):
        return shown
    line = filled_in(typed.line[2:], LENIENT)
    words = [_AGO.sub(lambda found: days_ago(int(found[1])), word) for word in shlex.split(line)]
    if words[0] == "write":
        for cli in (plain, human):
            (cli.folder / words[1]).write_text(typed.stdin, encoding="utf-8")
        return shown
    variables = dict(word.split("=", 1) for word in words[: words.index("vzctl")])
    arguments = words[words.index("vzctl") + 1 :]
    one = _answer(plain, arguments, typed.stdin, {**variables, "VZCTL_OUTPUT": "plain"})
    other = _answer(human, arguments, typed.stdin, {**variables, "VZCTL_OUTPUT": "human"})
    assert (one.status, one.err) == (other.status, other.err), f"plain and human differ beyond stdout: {typed.line}"
    status = f"= {one.status}\n" if one.status else ""
    return f"{shown}{_marked('|', one.out)}{_marked(':', other.out)}{_marked('!', one.err)}{status}"


def _answer(cli: Cli, words: list[str], stdin: str, variables: dict[str, str]) -> Result:
    # No newline at the end of what is piped in, as from `printf %s`.
    result = cli.run(*words, stdin=stdin.removesuffix("\n"), env={"COLUMNS": WIDTH, **variables})
    return Result(result.status, _BACKUP_SIZE.sub("9999", cli.neat(result.out)), cli.neat(result.err))


def _marked(mark: str, text: str) -> str:
    return "".join(f"{mark} {line}\n" if line else f"{mark}\n" for line in text.splitlines())


def main() -> None:
    """Write the answers of the transcripts that are named, or of all."""
    for path in [Path(word) for word in sys.argv[1:]] or sorted(FOLDER.glob("*.txt")):
        with tempfile.TemporaryDirectory() as folder:
            path.write_text(play(path.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
