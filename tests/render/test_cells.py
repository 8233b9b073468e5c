"""One value as text: exact for a script, short and safe for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest

from vzctl.render.cells import escape, human_cell, plain_cell


class Word(StrEnum):
    FIRST = "first"


@dataclass(frozen=True)
class Named:
    id: str
    name: str


@dataclass(frozen=True)
class Nameless:
    code: str
    name_of_it: str


MOMENT = datetime(2026, 1, 31, 14, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("value", "plain", "human"),
    [
        (None, "", "-"),
        ((), "", "-"),
        (True, "true", "yes"),
        (False, "false", "no"),
        (0, "0", "0"),
        (1.5, "1.5", "1.5"),
        ("text", "text", "text"),
        ("", "", ""),
        (Word.FIRST, "first", "first"),
        (MOMENT, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        (MOMENT.astimezone(UTC), "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        (("a", None, True), "a,,true", "a,,true"),
        (Named("1", "one"), "one", "one"),
        (Nameless("c", "n"), "c", "c"),
        ((Named("1", "one"), Named("2", "two")), "one,two", "one,two"),
        ("a\tb\nc\rd", r"a\tb\nc\rd", r"a\tb\nc\rd"),
        ("\x1b[31m\x07\x9b\u202e\u2028", r"\x1b[31m\x07\x9b\u202e\u2028", r"\x1b[31m\x07\x9b\u202e\u2028"),
        ("für 検索 🔑", "für 検索 🔑", "für 検索 🔑"),
        ("\U000e0001", r"\U000e0001", r"\U000e0001"),
    ],
)
def test_every_kind_of_value_has_one_text(value: Any, plain: str, human: str) -> None:
    assert (plain_cell(value), human_cell("NAME", value)) == (plain, human)


def test_ages_are_days_for_a_person() -> None:
    assert (human_cell("AGE", 31), human_cell("AGE", None), plain_cell(31)) == ("31 d", "-", "31")


def test_text_that_moves_nothing_stays_as_it_is() -> None:
    assert escape("back\\slash \"quotes\" 'and' [brackets]") == "back\\slash \"quotes\" 'and' [brackets]"
