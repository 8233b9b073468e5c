"""How old a key is, and when it is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_credential
from vzctl.domain.state.age import is_due, maximum_age_days


def test_an_unknown_age_is_due() -> None:
    credential = a_credential(key_set_at=None)
    assert credential.age_days(NOW) is None
    assert is_due(credential, NOW, policy_days=36_500)


@pytest.mark.parametrize(
    ("age", "days"),
    [
        (timedelta(0), 0),
        (timedelta(hours=23, minutes=59, seconds=59), 0),
        (timedelta(days=1), 1),
        (timedelta(days=90, seconds=-1), 89),
        (timedelta(days=-3), 0),
    ],
)
def test_age_is_counted_in_whole_days_and_never_below_zero(age: timedelta, days: int) -> None:
    assert a_credential(key_set_at=NOW - age).age_days(NOW) == days


@pytest.mark.parametrize(
    ("own", "age", "due"),
    [(None, 89, False), (None, 90, True), (30, 29, False), (30, 30, True), (365, 90, False), (365, 365, True)],
)
def test_a_key_is_due_on_the_day_it_reaches_its_own_limit_or_the_policys(own: int | None, age: int, due: bool) -> None:
    credential = a_credential(key_set_at=NOW - timedelta(days=age), max_age_days=own)
    assert maximum_age_days(credential, 90) == (own or 90)
    assert is_due(credential, NOW, 90) is due


@given(st.integers(0, 5000), st.integers(1, 5000), st.integers(0, 5000))
def test_a_due_key_stays_due(age: int, limit: int, later: int) -> None:
    credential = a_credential(key_set_at=NOW - timedelta(days=age), max_age_days=limit)
    if is_due(credential, NOW, 90):
        assert is_due(credential, NOW + timedelta(days=later), 90)
