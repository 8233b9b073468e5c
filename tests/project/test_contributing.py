"""docs/contributing.md: every file, symbol, make target and variable that it names exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

TOP: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = TOP / "src" / "vzctl"
PAGE: Final = (TOP / "docs" / "contributing.md").read_text(encoding="utf-8")

_NAME: Final = r"[\w.<>-]+"
_PATH: Final = re.compile(rf"`(?P<path>(?:{_NAME}/)+(?:{_NAME})?|{_NAME}\.(?:md|py|toml))`(?: \(`(?P<symbol>\w+)`\))?")
_PLACEHOLDER: Final = re.compile(r"<\w+>")


def named_files(text: str) -> list[tuple[str, str | None]]:
    """Return each file or folder that a text names as code, with the symbol that follows in parentheses."""
    return [(found["path"], found["symbol"]) for found in _PATH.finditer(text)]


def matches(path: str) -> list[Path]:
    """Return the files that a path means, in the top folder or in the package; `<noun>` stands for any name."""
    pattern = _PLACEHOLDER.sub("*", path.rstrip("/"))
    is_right_kind = Path.is_dir if path.endswith("/") else Path.is_file
    return [found for folder in (TOP, SOURCE) for found in folder.glob(pattern) if is_right_kind(found)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`cli/scope.py` and `render/`", [("cli/scope.py", None), ("render/", None)]),
        ("`errors.py` (`ExitStatus`)", [("errors.py", "ExitStatus")]),
        ("`usecases/<noun>/<verb>.py`", [("usecases/<noun>/<verb>.py", None)]),
        ("`make test`, `slow`, scope.py", []),
    ],
)
def test_paths_in_code_are_files(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert named_files(text) == expected


def test_every_file_that_the_page_names_exists() -> None:
    named = [path for path, _ in named_files(PAGE)]
    assert len(named) > 50
    assert [path for path in named if not matches(path)] == []


def test_every_symbol_that_the_page_names_is_in_its_file() -> None:
    missing = [
        f"{path}: {symbol}"
        for path, symbol in named_files(PAGE)
        if symbol is not None
        and not any(re.search(rf"\b{symbol}\b", file.read_text(encoding="utf-8")) for file in matches(path))
    ]
    assert missing == []


def test_every_layer_is_on_the_page() -> None:
    layers = {f"{folder.name}/" for folder in SOURCE.iterdir() if (folder / "__init__.py").is_file()}
    assert layers - {path for path, _ in named_files(PAGE)} == set()


def test_every_make_target_that_the_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", PAGE))
    assert len(named) > 5
    assert named - targets == set()


def test_every_variable_of_the_tests_is_on_the_page_and_exists() -> None:
    named = set(re.findall(r"`(VZCTL_\w+)`", PAGE))
    read = {
        name
        for file in (TOP / "tests").rglob("*.py")
        for name in re.findall(r"environ\.get\(\"(VZCTL_(?:TEST_\w+|SEQUENCES))\"", file.read_text(encoding="utf-8"))
    }
    assert named == read
