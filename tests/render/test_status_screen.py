"""`status` on a terminal: one screen however much wants attention, the most urgent first, no word broken."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import (
    NOW,
    a_collection,
    a_credential,
    a_database,
    a_revocation,
    a_rotation,
    a_scope_entry,
    a_state,
    a_version,
    database_id,
)
from tests.support.map_states import a_worrying_state
from tests.support.memory_store import MemoryStore, a_context
from tests.support.state_files import counting_ids, written
from vzctl.domain.state.records import ControlPlane, Evidence, Step
from vzctl.domain.state.state import State
from vzctl.render import human
from vzctl.usecases.status import SettingRow, Status, show_status

KINDS = ["leaked key", "open rotation", "problem", "pending step", "key to revoke", "key due"]


def status_of(state: State, folder: Path) -> Status:
    state_file = written(folder / "s.toml", state)
    status = show_status(a_context(state_file, MemoryStore(), new_id=counting_ids())).data
    # How long the path of a temporary folder is must not decide how much else fits.
    return replace(status, path="s.toml")


def screen(status: Status, width: int = 80, height: int = 24, *, color: bool = False) -> str:
    stream = io.StringIO()
    console = human.make_console(stream, color=color)
    console.size = (width, height)
    human.show(console, status)
    return stream.getvalue()


def rows(text: str, width: int = 80) -> int:
    """Return how many rows of a terminal the text takes."""
    return sum(max(1, -(-len(line) // width)) for line in text.splitlines())


def a_tired_state(each: int) -> State:
    """An organization at Astra with `each` things of every kind that want a person."""
    known: dict[str, Any] = {"evidence": Evidence.ATTESTED, "evidence_at": NOW}
    shop = a_database("a-database-with-a-rather-long-name", id=database_id(1))
    leaked = [
        a_credential(f"leaked-{number}", versions=[a_version(f"l{number}"), a_version(f"m{number}")], key_set_at=NOW)
        for number in range(each)
    ]
    rotating = [
        a_credential(
            f"rotating-{number}", versions=[a_version(f"r{number}"), a_version(f"s{number}")], pending=f"s{number}"
        )
        for number in range(each)
    ]
    due = [a_credential(f"due-{number}") for number in range(each)]
    wanted = [
        a_scope_entry(a_database(f"d{number}", id=database_id(10 + number)), evidence=Evidence.WANTED)
        for number in range(each)
    ]
    return a_state(
        control_plane=ControlPlane.ASTRA,
        databases=[shop, *(a_database(f"d{number}", id=database_id(10 + number)) for number in range(each))],
        credentials=[
            *leaked,
            *rotating,
            *due,
            a_credential("wide", scope=wanted, key_set_at=NOW, **known),
        ],
        collections=[a_collection(shop, f"collection-{number}", credential="wide") for number in range(each)],
        rotations=[
            a_rotation(item, id=f"rot{number}", step=Step.TESTED, new_version=f"s{number}")
            for number, item in enumerate(rotating)
        ],
        revocations=[
            *(
                a_revocation(item, f"m{number}", id=f"leak{number}", reason="leaked")
                for number, item in enumerate(leaked)
            ),
            *(a_revocation(item, f"v-{item.name}", id=f"old{number}") for number, item in enumerate(due)),
        ],
    )


def test_a_quiet_organization_is_a_few_lines_and_good_news(tmp_path: Path) -> None:
    shop = a_database("shop")
    state = a_state(databases=[shop], credentials=[a_credential(scope=[shop], key_set_at=NOW)])
    assert screen(status_of(state, tmp_path)) == (
        "acme (local)  serial 1\n"
        "s.toml\n"
        "1 credential of 1 integration, 1 database (1 active), 0 collections, 0 table\n"
        "columns\n"
        "oldest key 0 days; 0 due, 0 of unknown age\n"
        "nothing wants attention\n"
    )


def test_a_little_trouble_has_room_to_breathe(tmp_path: Path) -> None:
    shop = a_database("shop")
    state = a_state(
        databases=[shop],
        credentials=[a_credential(scope=[shop]), a_credential("other")],
        collections=[a_collection(shop, credential="lost")],
    )
    assert screen(status_of(state, tmp_path)) == (
        "acme (local)  serial 1\n"
        "s.toml\n"
        "2 credentials of 1 integration, 1 database (1 active), 1 collection, 0 table\n"
        "columns\n"
        "oldest key 100 days; 2 due, 0 of unknown age\n"
        "\n"
        'problem: the collection "shop/default_keyspace/products" uses the credential\n'
        '  "lost", which does not exist\n'
        "    vzctl credentials add lost --provider openai --scope shop\n"
        "\n"
        "key due: openai-prod: its key is 100 days old\n"
        "    vzctl credentials rotate openai-prod\n"
        "key due: other: its key is 100 days old\n"
        "    vzctl credentials rotate other\n"
    )


def test_everything_at_once_is_one_screen_with_the_most_urgent_of_each_kind(tmp_path: Path) -> None:
    text = screen(status_of(a_tired_state(7), tmp_path))
    assert text == (
        "acme (astra)  serial 1\n"
        "s.toml\n"
        "22 credentials of 1 integration, 8 databases (8 active), 7 collections, 0 table\n"
        "columns\n"
        "oldest key 100 days; 14 due, 0 of unknown age\n"
        "not proven: 7 facts wanted, 1 attested by a person\n"
        "leaked key: leaked-0: its old key is known to others: revoke it at OpenAI now\n"
        "    vzctl revocations done leak0\n"
        "  and 6 more: vzctl revocations list\n"
        "open rotation: rotating-0: a rotation stands at TESTED\n"
        "    vzctl rotations resume rotating-0\n"
        "  and 6 more: vzctl rotations list --open\n"
        "problem: the collection\n"
        '  "a-database-with-a-rather-long-name/default_keyspace/collection-0" uses\n'
        '  "wide", whose scope lacks the database "a-database-with-a-rather-long-name"\n'
        "    vzctl scope add wide a-database-with-a-rather-long-name\n"
        "  and 6 more: vzctl state check\n"
        'pending step: wide: add d0 to the scoped databases of "wide"\n'
        "    vzctl pending confirm add-scope:wide:d0\n"
        "  and 6 more: vzctl pending list\n"
        "7 keys to revoke: vzctl revocations list\n"
        "7 keys due: vzctl credentials list --due\n"
    )
    assert rows(text) + 2 <= 24


@pytest.mark.parametrize("each", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_is_one_screen_whatever_there_is(tmp_path: Path, each: int, width: int) -> None:
    status = status_of(a_tired_state(each), tmp_path)
    text = screen(status, width)
    assert rows(text, width) + 2 <= 24
    for group in status.groups:
        shown = [item for item in status.attention if item.kind == group.kind and f"    {item.command}\n" in text]
        assert len(shown) == group.count or f": {group.command}\n" in text


def test_a_higher_terminal_shows_more(tmp_path: Path) -> None:
    status = status_of(a_tired_state(7), tmp_path)
    low, high = (screen(status, height=height) for height in (10, 200))
    assert low == screen(status)
    assert "more: " not in high
    assert all(f"    {item.command}\n" in high for item in status.attention)


def test_no_address_is_broken(tmp_path: Path) -> None:
    text = screen(status_of(a_tired_state(1), tmp_path), 60)
    assert '"a-database-with-a-rather-long-name/default_keyspace/collection-0"' in text


def test_the_groups_count_everything_and_have_the_order_of_urgency(tmp_path: Path) -> None:
    status = status_of(a_tired_state(7), tmp_path)
    assert [(group.kind, group.count) for group in status.groups] == [(kind, 7) for kind in KINDS]
    assert [item.kind for item in status.attention] == [kind for kind in KINDS for _ in range(7)]


def test_the_worst_of_a_kind_comes_first(tmp_path: Path) -> None:
    status = status_of(a_worrying_state(), tmp_path)
    assert [str(item.command) for item in status.attention if item.kind in ("leaked key", "open rotation")] == [
        "vzctl revocations done rev2",
        "vzctl rotations resume openai-leaked",
    ]
    ages = [a_credential("unknown", key_set_at=None), a_credential("late"), a_credential("later", max_age_days=5)]
    due = status_of(a_state(credentials=ages), tmp_path).attention
    assert [item.subject for item in due] == ["later", "late", "unknown"]


def test_a_rotation_past_its_point_of_no_return_comes_before_older_ones(tmp_path: Path) -> None:
    made = [
        a_credential(name, versions=[a_version(f"{name}1"), a_version(f"{name}2")], pending=f"{name}2")
        for name in ("early", "late")
    ]
    rotations = [
        a_rotation(made[0], id="r1", step=Step.TESTED, new_version="early2"),
        a_rotation(made[1], id="r2", step=Step.REMOVED, new_version="late2"),
    ]
    state = a_state(control_plane=ControlPlane.ASTRA, credentials=made, rotations=rotations)
    found = [item.subject for item in status_of(state, tmp_path).attention if item.kind == "open rotation"]
    assert found == ["late", "early"]


def test_the_most_urgent_command_is_the_next_step(tmp_path: Path) -> None:
    state_file = written(tmp_path / "s.toml", a_tired_state(3))
    outcome = show_status(a_context(state_file, MemoryStore(), new_id=counting_ids()))
    assert [(str(step.command), step.comment) for step in outcome.next_steps] == [
        ("vzctl revocations done leak0", "the most urgent: leaked key")
    ]


def test_colors_tell_how_urgent_something_is(tmp_path: Path) -> None:
    text = screen(status_of(a_tired_state(2), tmp_path), color=True)
    assert "\x1b[31mleaked key:\x1b[0m leaked-0" in text
    assert "\x1b[33mopen rotation:\x1b[0m rotating-0" in text
    assert "\x1b[36m    vzctl revocations done leak0\x1b[0m" in text


def test_settings_are_one_a_line_with_their_source(tmp_path: Path) -> None:
    state_file = written(tmp_path / "s.toml", a_state())
    settings = (SettingRow("state", "/a/long/path" * 9, "default"), SettingRow("policy.max_age_days", "90", "x\x1b"))
    context = a_context(state_file, MemoryStore(), new_id=counting_ids())
    text = screen(show_status(context, settings=settings).data)
    assert text.splitlines()[-3:] == [
        "",
        f"state                {'/a/long/path' * 9}  (default)",
        "policy.max_age_days  90  (x\\x1b)",
    ]


def test_hostile_names_move_no_cursor(tmp_path: Path) -> None:
    place = a_database("\x1b[2J\n", id=database_id(1), status="DREAMING")
    text = screen(status_of(a_state(databases=[place]), tmp_path))
    assert all(character == "\n" or character.isprintable() for character in text)
