"""`make metrics`: which files count as entered, and how a figure is reported."""

from __future__ import annotations

import importlib
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.files_entered import EnteredFiles, figure, lines_of_python

PACKAGE = {
    "__init__.py": "",
    "called.py": "def call():\n    from measured import imported\n\n    return imported\n",
    "imported.py": "from measured import decorating\n\n\n@decorating.decorate\nclass Unused:\n    value = 1\n",
    "decorating.py": "def decorate(kind):\n    return kind\n",
    "threaded.py": "def call():\n    pass\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "measured"
    folder.mkdir()
    for name, text in PACKAGE.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("measured", *(f"measured.{Path(name).stem}" for name in PACKAGE)):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def test_a_file_counts_when_a_function_is_called_and_not_when_it_is_imported(package: Path) -> None:
    called = importlib.import_module("measured.called")
    threaded = importlib.import_module("measured.threaded")
    profile = sys.getprofile()
    try:
        with EnteredFiles(package) as entered:
            called.call()
            thread = threading.Thread(target=threaded.call)
            thread.start()
            thread.join()
    finally:
        sys.setprofile(profile)
    assert list(entered.names) == ["called.py", "threaded.py"]


@pytest.mark.parametrize(
    ("number", "target", "expected"),
    [
        (25, 25, "scope add                                       25 files  target <= 25"),
        (26, 25, "scope add                                       26 files  target <= 25  MISSED"),
        (1234, None, "scope add                                    1,234 files"),
    ],
)
def test_a_figure_over_its_target_is_marked(number: int, target: int | None, expected: str) -> None:
    assert figure("scope add", number, "files", target) == expected


def test_lines_of_python_are_counted_in_every_folder(package: Path) -> None:
    expected = sum(text.count("\n") for text in PACKAGE.values())
    (package / "inner").mkdir()
    (package / "inner" / "more.py").write_text("one = 1\ntwo = 2\n", encoding="utf-8")
    (package / "notes.txt").write_text("not Python\n", encoding="utf-8")
    assert lines_of_python(package) == expected + 2
