"""A test with many cases: `make test` runs some of them, `make test-slow` the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


def mark_unsampled(items: Iterable[pytest.Item]) -> None:
    """Mark as `slow` all but COUNT cases of each test that is marked `sampled(COUNT)`."""
    families: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("sampled") is not None:
            families[item.nodeid.partition("[")[0]].append(item)
    for cases in families.values():
        marker = cases[0].get_closest_marker("sampled")
        assert marker is not None
        kept = set(spread(cases, marker.args[0]))
        for item in cases:
            if item not in kept:
                item.add_marker(pytest.mark.slow)


def spread(cases: list[T], count: int) -> list[T]:
    """Return so many of the cases, evenly spread, with the first and the last."""
    if count >= len(cases):
        return cases
    if count == 1:
        return cases[:1]
    return [cases[index * (len(cases) - 1) // (count - 1)] for index in range(count)]
