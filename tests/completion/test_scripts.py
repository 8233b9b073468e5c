"""The completion scripts: complete, well-formed, and the same in `completions/`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.tools import require_tool
from tools.command_tree import write_scripts
from vzctl.completion.scripts import FILE_NAMES, SHELLS, script

COMPLETIONS = Path(__file__).parents[2] / "completions"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_can_read_its_script(shell: str, tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text(script(shell), encoding="utf-8")
    answer = subprocess.run([require_tool(shell), "-n", path], capture_output=True, encoding="utf-8", check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_the_folder_completions_is_fresh(tmp_path: Path) -> None:
    write_scripts(tmp_path)
    fresh = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert set(fresh) == set(FILE_NAMES.values())
    assert {path.name: path.read_text(encoding="utf-8") for path in COMPLETIONS.iterdir()} == fresh


def test_bash_script_avoids_what_bash_3_does_not_know() -> None:
    """macOS ships bash 3.2; `compopt` and `nosort` are asked for with a way out."""
    newer = ["mapfile", "readarray", "local -n", "declare -A", "${!", ",,}", "^^}", "coproc", "|&", "&>>"]
    assert [word for word in newer if word in script("bash")] == []
