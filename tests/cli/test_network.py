"""The time limits that follow from the one that a person sets."""

from __future__ import annotations

from vzctl.cli.network import limits_within
from vzctl.clients.http import Limits


def test_limits_are_those_of_the_documentation() -> None:
    assert limits_within(30.0) == Limits(connect_seconds=5.0, read_seconds=20.0, total_seconds=30.0)
    assert limits_within(12.0) == Limits(connect_seconds=5.0, read_seconds=12.0, total_seconds=12.0)
    assert limits_within(120.0) == Limits(connect_seconds=5.0, read_seconds=120.0, total_seconds=120.0)
