"""Whole conversations: every command, with every line that comes back, for a script and for a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import every_command
from tests.support.transcript import FOLDER, commands, play

TRANSCRIPTS = sorted(FOLDER.glob("*.txt"), key=lambda path: path.name)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_line_is_as_recorded(path: Path, tmp_path: Path) -> None:
    recorded = path.read_text(encoding="utf-8")
    assert play(recorded, tmp_path) == recorded


def test_every_command_is_in_a_transcript() -> None:
    typed = {
        " ".join(words[:number])
        for path in TRANSCRIPTS
        for words in commands(path.read_text(encoding="utf-8"))
        for number in (1, 2, 3)
    }
    assert {name for name, _ in every_command()} - typed == set()
