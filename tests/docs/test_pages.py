"""Every command in README and docs is run, shows what the page shows, and every link leads somewhere."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from tests.docs.pages import PAGES, TOP, Block, blocks, sessions
from tests.docs.session import STARTS, same, shell_at
from tests.support.tools import require_tools
from vzctl.cli.main import app

TEXTS: Final = {page: page.read_text(encoding="utf-8") for page in PAGES}
BLOCKS: Final = [block for page, text in TEXTS.items() for block in blocks(page, text)]
SESSIONS: Final = [(page, name) for page, text in TEXTS.items() for name in sessions(page, text)]

_LINK: Final = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_INLINE_COMMAND: Final = re.compile(r"`(?:\w+=\S+ )?vzctl ([a-z][^`]*)`")


@pytest.fixture(scope="session")
def models() -> Iterator[Path]:
    """Where the starts of the sessions are made once. The paths are short, because tables fold long ones."""
    with tempfile.TemporaryDirectory(prefix="d") as folder:
        yield Path(folder)


def place(block: Block) -> str:
    return f"{block.page.relative_to(TOP)}:{block.line}"


@pytest.mark.slow
@pytest.mark.parametrize(("page", "name"), SESSIONS, ids=[f"{page.stem}-{name}" for page, name in SESSIONS])
def test_the_commands_of_a_page_show_what_it_shows(page: Path, name: str, models: Path) -> None:
    found = sessions(page, TEXTS[page])[name]
    require_tools(*(tool for tool in ("curl", "git", "jq") if any(f"{tool} " in block.text for block in found)))
    shell = shell_at(found[0].start, models / f"{page.stem}-{name}", models / "models")
    try:
        answers = shell.play(found)
    finally:
        shutil.rmtree(shell.folder)
    wrong = [
        f"{place(block)}: $ {step.command}\n{output}"
        for block, outputs in zip(found, answers, strict=True)
        for step, output in zip(block.steps, outputs, strict=True)
        if step.output is not None and not same(step.output, output)
    ]
    assert not wrong, "python -m tests.docs.session writes the outputs anew\n" + "\n".join(wrong)


def test_every_block_of_commands_is_run_or_says_why_not() -> None:
    assert [place(block) for block in BLOCKS if not block.session and not block.reason] == []
    assert SESSIONS


def test_sessions_begin_somewhere_that_exists_and_only_once() -> None:
    for page, name in SESSIONS:
        first, *others = sessions(page, TEXTS[page])[name]
        assert first.start in STARTS, place(first)
        assert [place(block) for block in others if block.start] == []


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    dead = []
    for page, text in TEXTS.items():
        for target in _LINK.findall(_FENCED.sub("", text)):
            if target.startswith(("https://", "mailto:")):
                continue
            path, _, heading = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists() or (heading and heading not in headings(file)):
                dead.append(f"{page.relative_to(TOP)}: {target}")
    assert dead == []


def headings(page: Path) -> set[str]:
    """Return the anchors of a page: headings in lower case, without punctuation, spaces as hyphens."""
    found = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_page_of_the_documentation_is_linked_from_the_readme() -> None:
    linked = set(_LINK.findall(TEXTS[TOP / "README.md"]))
    assert {f"docs/{page.name}" for page in PAGES if page.parent == TOP / "docs"} - linked == set()


def test_commands_in_running_text_exist() -> None:
    unknown = [
        f"{page.relative_to(TOP)}: vzctl {words}"
        for page, text in TEXTS.items()
        for words in _INLINE_COMMAND.findall(_FENCED.sub("", text))
        if not is_command(words.split())
    ]
    assert unknown == []


def is_command(words: list[str]) -> bool:
    """Whether the words, up to the first that is no name of a command, name one."""
    command: Any = typer.main.get_command(app)
    for word in words:
        children = getattr(command, "commands", None)
        if children is None or word.startswith("-"):
            return True
        if word not in children:
            return False
        command = children[word]
    return True


@pytest.mark.parametrize(
    ("shown", "output", "expected"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\n", "a\n", True),
        ("a\n", "a\nb\n", False),
        ("serial 5\n", "serial 6\n", False),
        ("id 0123456789ab\n", "id ba9876543210\n", True),
        ("at 2026-11-23T23:02:30Z  done\n", "at 2027-01-01T00:00:00Z done\n", True),
    ],
)
def test_outputs_are_compared_but_for_times_and_ids(shown: str, output: str, expected: bool) -> None:
    assert same(shown, output) is expected
