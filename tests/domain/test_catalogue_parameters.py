"""Values and words that no parameter of today's catalogue needs: numbers, and lists of any length."""

from __future__ import annotations

import pytest

from vzctl.domain.catalog.parameters import allowed_values, listed, parse_value
from vzctl.domain.catalog.provider import Parameter, ParameterKind

NUMBER = Parameter(name="depth", kind=ParameterKind.NUMBER, help="how deep")


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ("3", 3),
        ("-3", -3),
        ("007", 7),
        (3, 3),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5000, None),
        ("--3", None),
        ("-", None),
        ("", None),
        ("3.0", None),
        ("1_0", None),
        (" 3", None),
        ("３", None),
        ("²", None),
        (True, None),
        (3.0, None),
        (None, None),
    ],
)
def test_numbers(value: object, parsed: int | None) -> None:
    assert parse_value(NUMBER, value) == parsed


def test_the_words_for_a_number() -> None:
    assert allowed_values(NUMBER) == "a whole number of at most 18 digits"


@pytest.mark.parametrize(
    ("names", "text"),
    [([], "none"), (["a"], '"a"'), (["a", "b"], '"a" and "b"'), (["a", "b", "c"], '"a", "b" and "c"')],
)
def test_lists_of_names(names: list[str], text: str) -> None:
    assert listed(names) == text
