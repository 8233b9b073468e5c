"""Commands in Markdown: which blocks there are, in which session each one runs, and what it shows.

    <!-- session: NAME -->            runs in the session of that name, after the blocks before it on the page
    <!-- session: NAME from START --> begins it in another place than an empty home; the starts are in `session.py`
    <!-- not run: REASON -->          is not run

The comment stands above the block. In a `console` block a line with `$ ` is typed, lines with `> ` go on with it, and
everything else is what comes back; a line `…` stands for any lines. A `sh` block is a script that must succeed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).parents[2]
PAGES: Final = (*sorted(TOP.glob("*.md")), *sorted((TOP / "docs").glob("*.md")))

LANGUAGES: Final = ("console", "sh")
_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOTE: Final = re.compile(
    r"<!-- (?:session: (?P<name>[\w-]+)(?: from (?P<start>[\w-]+))?|not run: (?P<reason>.+)) -->\n+\Z"
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command and the output that the page shows; None where a page shows none."""

    command: str
    output: str | None


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `session` is empty when it is not run; `text` is what is between the fences."""

    page: Path
    line: int
    language: str
    text: str
    session: str
    start: str
    reason: str

    @property
    def steps(self) -> list[Step]:
        """What is typed, in order."""
        return list(_console(self.text)) if self.language == "console" else [Step(self.text, None)]


def blocks(page: Path, text: str) -> Iterator[Block]:
    """Yield the blocks of commands on a page."""
    for found in _FENCE.finditer(text):
        if found[1] not in LANGUAGES:
            continue
        note = _NOTE.search(text, 0, found.start())
        name, start, reason = (note["name"], note["start"], note["reason"]) if note else (None, None, None)
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found[1], found[2], name or "", start or "", reason or "")


def sessions(page: Path, text: str) -> dict[str, list[Block]]:
    """Return the blocks of each session, in the order of the page."""
    found: dict[str, list[Block]] = {}
    for block in blocks(page, text):
        if block.session:
            found.setdefault(block.session, []).append(block)
    return found


def fenced(block: Block, outputs: list[str]) -> str:
    """Return the text of a console block with these outputs instead of its own."""
    return "".join(
        "".join(f"{mark} {line}\n" for mark, line in zip(_marks(step.command), step.command.splitlines(), strict=False))
        + output
        for step, output in zip(block.steps, outputs, strict=True)
    )


def _marks(command: str) -> list[str]:
    return ["$"] + [">"] * command.count("\n")


def _console(text: str) -> Iterator[Step]:
    typed: list[str] = []
    shown: list[str] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            if typed:
                yield Step("\n".join(typed), "".join(shown))
            typed, shown = [line[2:]], []
        elif line.startswith("> ") and typed and not shown:
            typed.append(line[2:])
        else:
            shown.append(f"{line}\n")
    if typed:
        yield Step("\n".join(typed), "".join(shown))
