"""A user with an empty home, in whose place the commands of a test are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli.create(tmp_path / "user")
