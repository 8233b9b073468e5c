"""Every walk that a rotation can take, forward and back, turned round anywhere: it ends, and keeps its promises."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from hypothesis import event, given
from hypothesis import strategies as st

from tests.support.builders import (
    NOW,
    a_collection,
    a_credential,
    a_database,
    a_rotation,
    a_scope_entry,
    a_state,
    a_version,
)
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.rotation.machine import (
    PERSON_STEPS,
    arrived,
    attested,
    finish_back,
    finish_forward,
    next_step,
    route,
    snapshot_of,
    turned_back,
)
from vzctl.domain.state.records import ControlPlane, Direction, Evidence, Rotation, Step
from vzctl.domain.state.state import State

DATABASES: Final = [a_database(f"db{number}") for number in range(23)]
LONGEST_WALK: Final = 40
LATER: Final = NOW + timedelta(hours=1)


@dataclass(frozen=True)
class Begun:
    """A state with a rotation at its first step."""

    state: State
    rotation: Rotation


@st.composite
def begun_rotations(draw: st.DrawFn) -> Begun:
    plane = draw(st.sampled_from(ControlPlane))
    known = {"evidence": Evidence.ATTESTED, "evidence_at": NOW} if plane is ControlPlane.ASTRA else {}
    size = draw(st.sampled_from([0, 1, 2, 9, 10, 11, 20, 21, 23]))
    scope = [replace(a_scope_entry(item), **known) for item in DATABASES[:size]]  # type: ignore[arg-type]
    versions = [a_version("v0"), a_version("v1"), a_version("v2", held=False)]
    credential = a_credential(
        scope=scope,
        versions=versions,
        current="v1",
        pending="v2",
        previous=draw(st.sampled_from([(), ("v0",)])),
        slot=draw(st.sampled_from([None, 1, 2])),
    )
    needed = draw(st.integers(0, size))
    collections = [a_collection(item, credential=credential.name) for item in DATABASES[:needed]]
    leaked = draw(st.booleans())
    state = a_state(control_plane=plane, databases=DATABASES, credentials=[credential], collections=collections)
    snapshot = snapshot_of(state, credential)
    rotation = a_rotation(
        credential,
        snapshot=snapshot,
        databases=snapshot.needed_databases if draw(st.booleans()) else snapshot.databases,
        new_version="v2",
        new_slot=draw(st.sampled_from([None, 1, 2])),
        leaked=leaked,
        revoke_first=leaked and draw(st.booleans()),
    )
    return Begun(state.with_rotation(rotation), rotation)


def taken(state: State, rotation: Rotation, step: Step) -> State:
    """Take one step, as the use case does."""
    numbers = itertools.count(len(state.revocations))
    if step is Step.DONE:
        return finish_forward(state, rotation, LATER, lambda: f"rev{next(numbers)}")
    if step is Step.ROLLED_BACK:
        return finish_back(state, rotation, LATER, lambda: f"rev{next(numbers)}")
    if step in PERSON_STEPS:
        return state.with_rotation(attested(rotation, step, LATER, is_local=state.is_local))
    return state.with_rotation(arrived(rotation, step, LATER))


def assert_promises(begun: Begun, state: State) -> None:
    """What holds after every single step of every walk."""
    (before,), (credential,) = begun.state.credentials, state.credentials
    (rotation,) = state.rotations
    assert list(breakages(state)) == []
    assert (credential.id, credential.name, credential.provider) == (before.id, before.name, before.provider)
    assert credential.database_ids >= set(rotation.snapshot.needed_databases)
    assert rotation.snapshot == begun.rotation.snapshot
    assert credential.current in {"v1", "v2"}
    assert credential.version(credential.current) is not None
    assert credential.current not in credential.previous
    assert len(set(credential.previous)) == len(credential.previous)
    assert len({item.id for item in state.revocations}) == len(state.revocations)
    assert not [item for item in state.open_revocations() if item.version == credential.current]
    if rotation.is_open:
        step = next_step(rotation, is_local=state.is_local)
        assert step is not None
        assert rotation.step is Step.DROPPING or rotation.step in route(rotation, is_local=state.is_local)


@given(begun_rotations(), st.lists(st.integers(0, 8), max_size=3), st.booleans())
def test_a_walk_turned_round_anywhere_ends_with_one_key_under_the_same_name(
    begun: Begun, turns: list[int], turn_at_the_end: bool
) -> None:
    state = begun.state
    turn_at = set(itertools.accumulate(turns))
    for count in range(LONGEST_WALK):
        assert_promises(begun, state)
        (rotation,) = state.rotations
        step = next_step(rotation, is_local=state.is_local)
        if count in turn_at and rotation.step is not Step.ROLLED_BACK:
            state = state.with_rotation(turned_back(rotation, state.credentials[0], LATER))
        elif step is not None:
            state = taken(state, rotation, step)
        elif rotation.step is Step.DONE and turn_at_the_end:
            state = state.with_rotation(turned_back(rotation, state.credentials[0], LATER))
        else:
            break
    else:
        raise AssertionError("the walk does not end")
    assert_promises(begun, state)
    (before,), (credential,), (rotation,) = begun.state.credentials, state.credentials, state.rotations
    event(f"{rotation.step} {rotation.direction}")
    assert credential.pending is None
    assert rotation.finished_at == LATER
    if rotation.step is Step.DONE:
        assert (credential.current, credential.previous) == ("v2", (*before.previous, "v1"))
        assert credential.key_set_at == LATER
        assert credential.database_ids == set(rotation.databases)
        assert [item.version for item in state.revocations] == ["v1"]
    else:
        assert rotation.step is Step.ROLLED_BACK
        assert (credential.current, credential.previous) == ("v1", before.previous)
        assert (credential.key_set_at, credential.slot) == (before.key_set_at, before.slot)
        # Only the key goes back: a scope that the rotation made smaller stays so once it was at its end.
        was_done = any(item.step is Step.DONE for item in rotation.times)
        expected = begun.rotation.databases if was_done else [entry.database for entry in before.scope]
        assert [entry.database for entry in credential.scope] == list(expected)
        # A new key that the Portal or the authority ever served is to be revoked; one that it never saw is deleted.
        assert [item.version for item in state.open_deletions()] == ([] if rotation.new_key_used else ["v2"])
        assert [item.version for item in state.open_revocations()] == (["v2"] if rotation.new_key_used else [])


@given(begun_rotations())
def test_a_walk_that_is_not_turned_round_takes_every_step_of_its_route_in_order(begun: Begun) -> None:
    state, steps = begun.state, [Step.STAGING]
    while (step := next_step(state.rotations[0], is_local=state.is_local)) is not None:
        state = taken(state, state.rotations[0], step)
        steps.append(step)
    assert tuple(dict.fromkeys(steps)) == route(begun.rotation, is_local=state.is_local)
    visits = -(-len(begun.rotation.databases) // 10)
    assert steps.count(Step.SCOPED) == (0 if state.is_local else visits)


@given(begun_rotations(), st.integers(0, 12))
def test_the_point_of_no_return_is_between_the_removal_and_the_end(begun: Begun, count: int) -> None:
    state = begun.state
    for _ in range(count):
        step = next_step(state.rotations[0], is_local=state.is_local)
        if step is None:
            break
        state = taken(state, state.rotations[0], step)
    rotation = state.rotations[0]
    expected = rotation.step in (Step.REMOVED, Step.RECREATED, Step.SCOPED)
    assert (rotation.direction, rotation.is_past_no_return) == (Direction.FORWARD, expected)
    turned = turned_back(rotation, state.credentials[0], LATER)
    assert turned.is_past_no_return is (turned.direction is Direction.BACK)
