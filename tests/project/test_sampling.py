"""`make test` runs some cases of a large test, `make test-slow` the others: together all, none twice."""

from __future__ import annotations

import pytest

from tests.support.sampling import mark_unsampled, spread


@pytest.mark.parametrize(
    ("cases", "count", "expected"),
    [
        (list(range(10)), 1, [0]),
        (list(range(10)), 2, [0, 9]),
        (list(range(10)), 4, [0, 3, 6, 9]),
        (list(range(3)), 3, [0, 1, 2]),
        (list(range(3)), 8, [0, 1, 2]),
        ([], 4, []),
    ],
)
def test_the_sample_is_spread_and_has_both_ends(cases: list[int], count: int, expected: list[int]) -> None:
    assert spread(cases, count) == expected


@pytest.mark.parametrize("number", range(5))
@pytest.mark.sampled(2)
def test_a_family(number: int) -> None:
    """The cases that the next test looks at."""
    assert number in range(5)


def test_the_cases_that_are_left_out_are_slow(request: pytest.FixtureRequest) -> None:
    family = [item for item in request.session.items if item.nodeid.partition("[")[0].endswith("::test_a_family")]
    mark_unsampled(family)
    slow = {item.nodeid.rpartition("[")[2] for item in family if item.get_closest_marker("slow") is not None}
    assert slow.isdisjoint({"0]", "4]"})
    assert len(family) - len(slow) == 2
