"""A real interactive bash, zsh or fish in a pseudo-terminal, in which keys are typed and TAB is pressed.

A line editor reads its keys one after the other, so whatever is typed after a TAB waits until the completion is done:
nothing here sleeps. After the TAB the line is not run but turned into arguments of `printf`, so a test sees exactly the
words that the program would have been given.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pexpect  # type: ignore[import-untyped,unused-ignore]

TIMEOUT_SECONDS: Final = 30
_ARGUMENTS: Final = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"], "fish": ["--no-config", "-i"]}
_SETTINGS: Final = {
    "bash": "bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; bind 'set bell-style none'",
    "zsh": "LISTMAX=10000; unsetopt beep always_last_prompt list_ambiguous",
    "fish": "function fish_prompt; echo '> '; end; set -g fish_autosuggestion_enabled 0",
}
_COMPINIT: Final = "autoload -Uz compinit; compinit -D -u"
_ESCAPES: Final = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|\[[0-9;?>=]*[A-Za-z]|[()][0-9A-Za-z]|[=>78M])")
_HOME: Final = "\x01"
_CLEAR_LINE: Final = "\x15"


def sourced(shell: str, script: Path) -> list[str]:
    """Return the lines that load a completion script as its user would in a start-up file."""
    return [*([_COMPINIT] if shell == "zsh" else []), f"source {shlex.quote(str(script))}"]


def installed(shell: str, script: Path) -> list[str]:
    """Return the lines after which the shell finds the script by its name, in the script's folder, at the first TAB."""
    folder = shlex.quote(str(script.parent))
    if shell == "zsh":
        return [f"fpath=({folder} $fpath)", _COMPINIT]
    if shell == "fish":
        return [f"set -p fish_complete_path {folder}"]
    # what the bash-completion package does: load the file, then ask for the completion to be tried again
    return [f"load_completion() {{ source {shlex.quote(str(script))}; return 124; }}; complete -D -F load_completion"]


class ShellSession:
    """One interactive shell after some lines of set-up; use it as a context manager."""

    def __init__(self, shell: str, setup: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> None:
        self.shell = shell
        self._process = pexpect.spawn(
            shell,
            _ARGUMENTS[shell],
            env={"TERM": "xterm", "LC_ALL": "C.UTF-8", "PS1": "> ", **environment},
            cwd=str(directory),
            encoding="utf-8",
            dimensions=(60, 240),
            timeout=TIMEOUT_SECONDS,
        )
        self._process.delaybeforesend = None
        for line in (_SETTINGS[shell], *setup):
            self.run(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.close(force=True)

    def run(self, line: str) -> str:
        """Run one line and return what it printed, its own echo included."""
        self._process.send(f"{line}\r")
        return self._until_marker()

    def words_after_tab(self, line: str) -> list[str]:
        """Type `line` and TAB; return the words of the line then, as the shell would hand them to the program."""
        self._process.send(f"{line}\t{_HOME}printf '[[%s]]\\n' \r")
        return re.findall(r"\[\[(?!%s)(.*?)\]\]", self._until_marker())

    def listed_after_tab(self, line: str) -> str:
        """Type `line` and TAB; return what the shell shows: the list of candidates when there are several."""
        self._process.send(f"{line}\t{_CLEAR_LINE}")
        return self._until_marker()

    def _until_marker(self) -> str:
        self._process.send("printf '\\105ND\\137OF\\137OUTPUT\\n'\r")
        self._process.expect_exact("END_OF_OUTPUT")
        shown = _ESCAPES.sub("", self._process.before or "")
        return shown.replace("\r\n", "\n").replace("\r", "\n")
