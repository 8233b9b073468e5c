"""Skipped tests: one line says what to do to run them, and CI installs every program that a test needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.support import tools
from tests.support.tools import PURPOSES, require_tool, summary

TOP: Final = Path(__file__).resolve().parents[2]


def test_the_summary_counts_what_to_do() -> None:
    reasons = (
        ["install fish zsh for the completion tests"] * 31
        + ["run as root"]
        + ["install jq for the documentation tests"] * 2
    )
    assert summary(reasons) == (
        "skipped 34 tests; to run them: install fish zsh for the completion tests (31 tests), "
        "install jq for the documentation tests (2 tests), run as root (1 test)"
    )


@pytest.mark.parametrize("tool", ["fish", "zsh"])
def test_programs_for_one_kind_of_test_are_one_entry(tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "IS_CI", False)
    monkeypatch.setattr("shutil.which", lambda name: None if name in {"fish", "zsh"} else f"/bin/{name}")
    with pytest.raises(pytest.skip.Exception, match=r"^install fish zsh for the completion tests$"):
        require_tool(tool)


def test_ci_skips_nothing_that_can_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "IS_CI", True)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(pytest.fail.Exception, match="jq is not on PATH: install curl git jq"):
        require_tool("jq")


def test_ci_installs_every_program_that_a_test_needs() -> None:
    table = re.search(
        r"^PACKAGES=\((.*?)^\)", (TOP / ".ci" / "run").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert table is not None
    words = [word for line in table[1].splitlines() for word in line.partition("#")[0].split()]
    installed = dict(zip(words[::2], words[1::2], strict=True))
    assert installed == {name: package for programs in PURPOSES.values() for name, package in programs.items()}


def test_every_reason_to_skip_says_what_to_do() -> None:
    reasons = []
    for path in (TOP / "tests").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path != Path(__file__):
            reasons += re.findall(r'(?:\bskip\(|skipif\([^\n]*reason=)f?"([^"]*)"', text)
    assert reasons
    assert [reason for reason in reasons if not re.match(r"(?:install|run|unset) ", reason)] == []
