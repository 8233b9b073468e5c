"""Tables for a person at every width: nothing lost, what is copied whole as long as it can be."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from vzctl.domain.portal import PortalVisit
from vzctl.render import human
from vzctl.usecases.views import DatabaseRef


@dataclass(frozen=True)
class Row:
    name: str
    id: str
    text: str
    status: str = "ACTIVE"
    due: bool = False
    age: int | None = None

    columns: ClassVar[tuple[tuple[str, str], ...]] = (
        ("NAME", "name"),
        ("ID", "id"),
        ("TEXT", "text"),
        ("STATUS", "status"),
        ("DUE", "due"),
        ("AGE", "age"),
    )


@dataclass(frozen=True)
class Rows:
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Facts:
    name: str
    database: DatabaseRef
    portal: PortalVisit | None
    one: tuple[str, ...]
    many: tuple[str, ...]
    rows: tuple[Row, ...]


ID = "11111111-1111-4111-8111-111111111111"


def shown(data: Any, width: int, *, color: bool = False) -> str:
    stream = io.StringIO()
    console = human.make_console(stream, color=color)
    console.width = width
    human.show(console, data)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


ROWS = Rows((Row("first", ID, "some words that take room", due=True), Row("second", ID, "-", status="PARKED", age=3)))


def test_a_table_has_no_lines_and_only_columns_that_say_something() -> None:
    assert shown(Rows((Row("a", "1", "t"),)), 80) == "NAME  ID  TEXT  STATUS  DUE\na     1   t     ACTIVE  no\n"


def test_an_empty_list_says_that_it_is_empty() -> None:
    assert shown(Rows(()), 80) == "nothing there\n"


def test_no_data_shows_nothing() -> None:
    assert shown(None, 80) == ""


def test_words_stay_whole_and_text_is_broken_between_them() -> None:
    assert shown(ROWS, 80) == (
        "NAME    ID                                    TEXT              STATUS  DUE  AGE\n"
        f"first   {ID}  some words that   ACTIVE  yes  -\n"
        "                                              take room\n"
        f"second  {ID}  -                 PARKED  no   3 d\n"
    )


def test_a_table_that_would_break_a_word_becomes_records() -> None:
    assert shown(ROWS, 60) == (
        "name first\n"
        f"    id {ID}\n"
        "    text some words that take room  status ACTIVE  due yes\n"
        "name second\n"
        f"    id {ID}  status PARKED\n"
        "    due no  age 3 d\n"
    )


def test_a_text_of_a_record_is_broken_between_words() -> None:
    assert shown(Rows((Row("a", ID, "more words than have room beside", due=True), Row("b", "2", "-"))), 30) == (
        "name a\n"
        "    id\n"
        f"        {ID}\n"
        "    text more words than\n"
        "        have room beside\n"
        "    status ACTIVE  due yes\n"
        "name b\n"
        "    id 2  status ACTIVE\n"
        "    due no\n"
    )


@pytest.mark.parametrize("width", range(30, 120, 7))
def test_no_width_breaks_or_loses_a_word(width: int) -> None:
    wide = shown(ROWS, 1000).casefold().split()
    narrow = shown(ROWS, width)
    assert set(wide) - {"-"} <= set(narrow.casefold().split())
    # What is longer is one word, which only the terminal breaks.
    assert [line for line in narrow.splitlines() if len(line) > width and len(line.split()) > 1] == []


def test_facts_come_first_then_each_list_under_its_name() -> None:
    data = Facts(
        "n",
        DatabaseRef(ID, "shop"),
        PortalVisit("do this", ("first", "second")),
        ("single",),
        ("a", "b"),
        ROWS.rows[:1],
    )
    assert shown(data, 100) == (
        "name      n\n"
        f"database  shop ({ID})\n"
        "one       single\n"
        "\n"
        "do this\n"
        "  first\n"
        "  second\n"
        "\n"
        "many\n"
        "  a\n"
        "  b\n"
        "\n"
        "rows\n"
        "NAME   ID                                    TEXT                       STATUS  DUE\n"
        f"first  {ID}  some words that take room  ACTIVE  yes\n"
    )


def test_colors_mark_what_wants_attention_and_nothing_is_taken_for_markup() -> None:
    data = Rows((Row("[bold]x[/]", "1", ":smile: https://x", status="ERROR", due=True),))
    colored = shown(data, 100, color=True)
    assert "[bold]x[/]" in colored
    assert ":smile: https://x" in colored
    assert "\x1b[33mERROR" in colored
    assert "\x1b[33myes" in colored
    assert "\x1b" not in shown(data, 100)


def test_a_reader_that_went_away_is_left_to_the_caller() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        human.show(human.make_console(Closed(), color=False), ROWS)
