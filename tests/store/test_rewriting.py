"""Writing a state again uses the text of the rows that stayed; the bytes are those of writing it for the first time."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import a_database, a_state
from tests.support.effort import examples
from tests.support.states import sound_states
from vzctl.domain.state.state import State
from vzctl.store.schema import RowTexts, format_state, parse_state

MIXED = st.lists(st.sampled_from([field.name for field in fields(State)]))


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(sound_states(), sound_states(), st.lists(MIXED, min_size=1, max_size=4))
def test_a_state_that_was_partly_written_before_has_the_same_bytes(one: State, other: State, mixes: list[Any]) -> None:
    written: RowTexts = {}
    for names in mixes:
        state = replace(one, **{name: getattr(other, name) for name in names})
        assert format_state(state, written) == format_state(state)


def test_rows_that_are_equal_and_not_the_same_are_written_each() -> None:
    written: RowTexts = {}
    for number in range(50):
        # The rows of the last round are gone by now, and new ones may lie where they lay.
        state = a_state(databases=tuple(a_database(f"name-{number}-{row}") for row in range(20)))
        assert parse_state(format_state(state, written), "state.toml") == state


def test_only_rows_of_the_last_state_are_remembered() -> None:
    written: RowTexts = {}
    format_state(a_state(databases=(a_database("shop"), a_database("blog"))), written)
    format_state(a_state(databases=(a_database("news"),)), written)
    assert [text.splitlines()[1] for _, text in written.values()] == [b"[[databases]]"]
