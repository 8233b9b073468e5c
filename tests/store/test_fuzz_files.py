"""State files that anything may have happened to: read and written again whole, or refused without repeating them."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any, Final

import pytest
import tomli
import tomli_w
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.support.builders import a_full_state
from tests.support.effort import examples
from tests.support.states import sound_states
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.checks.problems import find_problems
from vzctl.domain.rotation.manual_steps import pending_steps
from vzctl.domain.state.records import ControlPlane
from vzctl.domain.state.state import State
from vzctl.errors import StateError
from vzctl.store.schema import format_state, parse_state

CANARY: Final = "sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9"
GOOD: Final = {
    plane: format_state(a_full_state(plane)).replace(b'the \\"main\\" key', CANARY.encode()) for plane in ControlPlane
}
PIECES: Final = [
    b"",
    b"\n",
    b"=",
    b"[[",
    b"]",
    b'"',
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"[[credentials]]\n",
    b"<<<<<<< HEAD\n",
    b"9" * 5000,
    b"1e400",
    b"nan",
    b"1979-05-27",
    b"07:32:00",
    b"\\ud800",
    b'"""',
    b"schema = 2\n",
    b"x" * 300,
]
VALUES: Final[list[Any]] = [
    None,
    "",
    0,
    -1,
    2**70,
    1.5,
    True,
    [],
    {},
    [[]],
    [{}],
    "x" * 5000,
    "a\x00b",
    "../..",
    CANARY,
    "STAGED",
    "wanted",
]


def read(data: bytes) -> State | None:
    """Return the state, or None after the refusal was looked at."""
    try:
        return parse_state(data, "the/state.toml")
    except StateError as error:
        assert_refusal(error)
        return None


def assert_refusal(error: StateError) -> None:
    assert error.code in {"STATE_BROKEN", "STATE_NEWER"}
    assert '"the/state.toml"' in error.message
    assert error.message.isprintable()
    assert len(error.message) < 600
    shown = error.message + "".join(str(step.command) + step.comment for step in error.next_steps)
    assert CANARY not in shown
    assert error.__cause__ is None


def assert_usable(state: State) -> None:
    """Whatever was read can be written, read again, and looked at."""
    data = format_state(state)
    again = parse_state(data, "again")
    assert format_state(again) == data
    assert list(breakages(again)) == []
    assert all(item.message and item.next_step.command for item in find_problems(state))
    assert all(item.portal.title for item in pending_steps(state))


@settings(max_examples=examples(300))
@given(st.sampled_from(ControlPlane), st.randoms(use_true_random=False), st.integers(1, 4))
def test_bytes_that_were_cut_repeated_or_overwritten(plane: ControlPlane, chance: random.Random, times: int) -> None:
    data = GOOD[plane]
    for _ in range(times):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 0, 1, 5, 50, 500]))
        data = data[:start] + chance.choice([*PIECES, data[start:end] * 2, data[:100]]) + data[end:]
    state = read(data)
    event("read" if state is not None else "refused")
    if state is not None:
        assert_usable(state)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value inside a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def put(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Replace the value at a path by a copy; None takes it out, together with its key."""
    for part in path[:-1]:
        document = document[part]
    if value is None:
        del document[path[-1]]
    else:
        document[path[-1]] = copy.deepcopy(value)  # a later change inside it leaves the caller's own as it is


@settings(max_examples=examples(400))
@given(st.sampled_from(ControlPlane), st.randoms(use_true_random=False), st.integers(1, 3))
def test_values_that_were_replaced_moved_or_taken_out(plane: ControlPlane, chance: random.Random, times: int) -> None:
    document = tomli.loads(GOOD[plane].decode())
    for _ in range(times):
        found = list(places(document))
        target, source = chance.choice(found), chance.choice(found)
        value: Any = document
        for part in source:
            value = value[part]
        moved = tomli.loads(tomli_w.dumps({"x": value}))["x"]
        put(document, target, chance.choice([*VALUES, moved, moved]))
    state = read(tomli_w.dumps(document).encode())
    event("read" if state is not None else "refused")
    if state is not None:
        assert_usable(state)


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow])
@given(sound_states())
def test_every_sound_state_can_be_looked_at(state: State) -> None:
    assert_usable(state)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert read(data) is None


@pytest.mark.parametrize("value", [*VALUES, [1], {"a": 1}, CANARY.encode().hex()])
@pytest.mark.parametrize("table", ["schema", "lineage", "organization", "credentials", "rotations"])
def test_a_whole_table_that_is_something_else(table: str, value: object) -> None:
    document = tomli.loads(GOOD[ControlPlane.LOCAL].decode())
    put(document, (table,), value)
    read(tomli_w.dumps(document).encode())
