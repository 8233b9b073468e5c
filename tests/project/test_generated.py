"""Generated files are fresh, and the generator notices when they are not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tools.documentation import with_blocks
from tools.generate import generated_files, stale_files, write_files

TOP: Final = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of every generated file."""
    for name in generated_files():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / name, tmp_path / name)
    return tmp_path


def test_every_generated_file_is_fresh() -> None:
    answer = subprocess.run(
        [sys.executable, "tools/generate.py", "--check"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_an_unknown_argument_writes_nothing() -> None:
    answer = subprocess.run(
        [sys.executable, "tools/generate.py", "--chekc"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "--check" in answer.stderr


@pytest.mark.slow
def test_a_changed_a_missing_and_a_left_over_file_are_stale(copy: Path) -> None:
    assert stale_files(copy) == []
    (copy / "completions" / "_vzctl").write_text("", encoding="utf-8")
    (copy / "docs" / "schemas" / "status.json").unlink()
    (copy / "docs" / "schemas" / "gone.command.json").write_text("{}\n", encoding="utf-8")
    stale = ["completions/_vzctl", "docs/schemas/gone.command.json", "docs/schemas/status.json"]
    assert stale_files(copy) == stale
    assert write_files(copy) == stale
    assert stale_files(copy) == []
    assert not (copy / "docs" / "schemas" / "gone.command.json").exists()


@pytest.mark.slow
def test_only_the_block_of_a_page_is_replaced(copy: Path) -> None:
    page = copy / "docs" / "exit-codes.md"
    fresh = page.read_text(encoding="utf-8")
    page.write_text(f"words before\n{fresh.replace('ROTATION_OPEN', 'ROTATING')}words after\n", encoding="utf-8")
    assert stale_files(copy) == ["docs/exit-codes.md"]
    write_files(copy)
    assert page.read_text(encoding="utf-8") == f"words before\n{fresh}words after\n"


@pytest.mark.slow
def test_a_page_that_is_missing_is_made_with_its_blocks(copy: Path) -> None:
    (copy / "docs" / "commands.md").unlink()
    write_files(copy)
    assert "## `vzctl credentials rotate [CREDENTIAL]`" in (copy / "docs" / "commands.md").read_text(encoding="utf-8")


def test_a_block_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(KeyError):
        with_blocks("<!-- generated: weather -->\n<!-- end generated -->\n")
