"""Merging two states: independent changes are both there, conflicts are named, and what was done for safety stays done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.test_restoration import kinds_in
from tests.support.builders import (
    NOW,
    a_collection,
    a_credential,
    a_database,
    a_full_state,
    a_revocation,
    a_rotation,
    a_scope_entry,
    a_service_token,
    a_state,
    a_version,
    an_integration,
)
from tests.support.effort import examples
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.checks.merge import KEYS, Merged, merge
from vzctl.domain.state.records import ControlPlane, Evidence, KeyTest, Organization, RetiredCredential, Snapshot, Step
from vzctl.domain.state.state import State

Change = Callable[[State], State]
VZCTL = "9.9.9"
DATABASES = tuple(a_database(f"db{number}") for number in range(4))
SPARE = tuple(a_database(f"spare{number}") for number in range(4))
CREDENTIALS = tuple(a_credential(f"key{number}", scope=DATABASES[:2]) for number in range(4))
COLLECTIONS = tuple(a_collection(DATABASES[0], f"c{number}", credential="key0") for number in range(3))
TOKENS = tuple(a_service_token(DATABASES[number], f"token{number}", id=f"t{number}") for number in range(3))
BASE = a_state(
    serial=10,
    databases=DATABASES,
    credentials=CREDENTIALS,
    collections=COLLECTIONS,
    service_tokens=TOKENS,
)


def merged(ours: State, theirs: State, base: State | None = BASE) -> Merged:
    return merge(base, ours, theirs, vzctl=VZCTL)


def state_of(result: Merged) -> State:
    assert result.conflicts == ()
    assert result.state is not None
    assert list(breakages(result.state)) == []
    return result.state


def canonical(value: Any) -> Any:
    """Return a state whose rows are in one order, without what every merge sets."""
    if isinstance(value, State):
        value = replace(value, serial=0, vzctl="")
    if isinstance(value, tuple):
        return tuple(sorted((canonical(item) for item in value), key=repr))
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *((field.name, canonical(getattr(value, field.name))) for field in fields(value)))
    return value


def on_credential(number: int, **values: Any) -> Change:
    def change(state: State) -> State:
        credential = state.credential_by_id(CREDENTIALS[number].id)
        assert credential is not None
        return state.with_credential(replace(credential, **values))

    return change


def noted(number: int) -> Change:
    return on_credential(number, note=f"note {number}", max_age_days=7)


def rotated(number: int, word: str = "a") -> Change:
    def change(state: State) -> State:
        credential = state.credential_by_id(CREDENTIALS[number].id)
        assert credential is not None
        assert credential.current is not None
        new = a_version(f"new-{number}-{word}")
        rotation = a_rotation(
            CREDENTIALS[number],
            id=f"r{number}{word}",
            step=Step.DONE,
            new_version=new.id,
            finished_at=NOW,
            new_key_used=True,
        )
        state = state.with_revocation(a_revocation(credential, credential.current, id=f"rev{number}{word}"))
        credential = replace(credential.with_version(new), current=new.id, previous=(credential.current,))
        return state.with_credential(replace(credential, key_set_at=NOW)).with_rotation(rotation)

    return change


def removed(number: int, word: str = "a") -> Change:
    def change(state: State) -> State:
        item = CREDENTIALS[number]
        retired = RetiredCredential(
            id=item.id, name=item.name, provider=item.provider, removed_at=NOW, versions=item.versions
        )
        state = state.without_credential(item.id).with_retired(retired)
        state = replace(state, collections=tuple(c for c in state.collections if c.credential != item.name))
        return state.with_revocation(a_revocation(item, id=f"gone{number}{word}", reason="removed"))

    return change


def scoped(number: int, database: int) -> Change:
    def change(state: State) -> State:
        credential = state.credential_by_id(CREDENTIALS[number].id)
        assert credential is not None
        there = [entry for entry in credential.scope if entry.database != DATABASES[database].id]
        added = () if len(there) < len(credential.scope) else (a_scope_entry(DATABASES[database], added_at=NOW),)
        return state.with_credential(replace(credential, scope=(*there, *added)))

    return change


def added(number: int) -> Change:
    return lambda state: state.with_database(SPARE[number])


def parked(number: int) -> Change:
    return lambda state: state.with_database(replace(DATABASES[number], status="PARKED"))


def forgotten(number: int) -> Change:
    return lambda state: state.without_dependent(COLLECTIONS[number])


def collected(number: int) -> Change:
    return lambda state: state.with_collection(a_collection(DATABASES[1], f"new{number}"))


def token_revoked(number: int) -> Change:
    return lambda state: state.without_service_token(TOKENS[number].id)


INDEPENDENT: list[Change] = [
    *(work(number) for number in (1, 2, 3) for work in (noted,)),
    rotated(0),
    *(scoped(number, database) for number in (0, 1, 2) for database in range(4)),
    *(work(number) for number in range(3) for work in (added, parked, forgotten, collected, token_revoked)),
    removed(3),
]
"""Changes of which no two touch one field of one record, but for `noted(3)` and `removed(3)`, which exclude each other."""


def done(state: State, changes: list[int]) -> State:
    for number in changes:
        state = INDEPENDENT[number](state)
    return replace(state, serial=state.serial + len(changes))


@st.composite
def two_sides(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    excluded = draw(st.sampled_from([2, len(INDEPENDENT) - 1]))
    numbers = [number for number in range(len(INDEPENDENT)) if number != excluded]
    chosen = draw(st.lists(st.sampled_from(numbers), unique=True, max_size=12))
    cut = draw(st.integers(0, len(chosen)))
    return chosen[:cut], chosen[cut:]


@settings(max_examples=examples(300), deadline=None)
@given(two_sides())
def test_a_merge_of_independent_changes_is_both_of_them_whichever_side_is_ours(
    sides: tuple[list[int], list[int]],
) -> None:
    ours, theirs = (done(BASE, side) for side in sides)
    result = state_of(merged(ours, theirs))
    assert canonical(result) == canonical(done(BASE, [*sides[0], *sides[1]]))
    assert result.serial == max(ours.serial, theirs.serial) + 1
    assert result.vzctl == VZCTL
    assert state_of(merged(theirs, ours)) == result


def test_what_both_sides_changed_alike_is_no_conflict() -> None:
    changed = rotated(1)(noted(2)(removed(3)(BASE)))
    assert canonical(state_of(merged(changed, changed))) == canonical(changed)


def test_without_a_base_both_sides_are_united() -> None:
    ours, theirs = added(0)(BASE), collected(1)(BASE)
    assert canonical(state_of(merged(ours, theirs, None))) == canonical(collected(1)(added(0)(BASE)))


@pytest.mark.parametrize("plane", list(ControlPlane))
def test_a_side_that_changed_nothing_changes_nothing(plane: ControlPlane) -> None:
    full = a_full_state(plane)
    empty = a_state(organization=full.organization, lineage=full.lineage)
    assert canonical(state_of(merged(full, full, full))) == canonical(full)
    assert canonical(state_of(merged(full, empty, empty))) == canonical(full)
    assert canonical(state_of(merged(empty, full, empty))) == canonical(full)


CONFLICTS: dict[str, tuple[Change, Change, str]] = {
    "rotated twice": (rotated(1, "a"), rotated(1, "b"), 'credential "key1": rotated on both sides'),
    "a note": (
        on_credential(1, note="a"),
        on_credential(1, note="b"),
        'credential "key1": note was changed on both sides',
    ),
    "rotated and removed": (
        rotated(1),
        removed(1),
        'credential "key1": removed on one side and changed on the other',
    ),
    "a model": (
        lambda state: state.with_collection(replace(COLLECTIONS[0], model="a")),
        lambda state: state.with_collection(replace(COLLECTIONS[0], model="b")),
        'collection "db0/default_keyspace/c0": model was changed on both sides',
    ),
    "a name twice": (
        lambda state: state.with_credential(a_credential("new", id="c-1")),
        lambda state: state.with_credential(a_credential("new", id="c-2")),
        'the result would be broken: credentials.name "new" is there twice',
    ),
    "a reference to what was removed": (
        lambda state: state.without_database(DATABASES[3].id),
        scoped(0, 3),
        'the result would be broken: credentials.scope.database the scope of "key0" names '
        f'"{DATABASES[3].id}", which is no database here',
    ),
    "an unknown key": (
        lambda state: replace(state, extra={"color": "red"}),
        lambda state: replace(state, extra={"color": "blue"}),
        "the state: a key of extra was changed on both sides",
    ),
}


@pytest.mark.parametrize(("ours", "theirs", "conflict"), CONFLICTS.values(), ids=CONFLICTS)
def test_a_real_conflict_is_named_and_nothing_is_merged(ours: Change, theirs: Change, conflict: str) -> None:
    for result in (merged(ours(BASE), theirs(BASE)), merged(theirs(BASE), ours(BASE))):
        assert result.state is None
        assert conflict in result.conflicts


def test_states_of_different_lineages_are_not_merged() -> None:
    other = replace(BASE, lineage="11111111-1111-4111-8111-111111111111")
    assert merged(BASE, other).conflicts == merged(BASE, BASE, other).conflicts != ()


def test_no_conflict_repeats_a_value() -> None:
    secret = "sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9"
    result = merged(
        replace(on_credential(1, note=secret)(BASE), extra={secret: 1}),
        replace(on_credential(1, note=f"{secret}2")(BASE), extra={secret: 2}),
    )
    assert len(result.conflicts) == 2
    assert secret not in repr(result.conflicts)


def revoked(at: Any, reason: str = "rotated") -> Change:
    def change(state: State) -> State:
        (found,) = state.revocations
        return replace(state, revocations=(replace(found, done_at=at, reason=reason),))

    return change


def test_a_revocation_is_never_undone() -> None:
    base = rotated(1)(BASE)
    (listed,) = base.revocations
    later = NOW + timedelta(hours=1)
    both = state_of(merged(revoked(later)(base), revoked(NOW, "leaked")(base), base))
    assert both.revocations == (replace(listed, done_at=NOW, reason="leaked"),)
    rolled_back = replace(
        on_credential(1, current=CREDENTIALS[1].current, previous=())(base), revocations=(), rotations=base.rotations
    )
    assert state_of(merged(rolled_back, base, base)).revocations == ()
    result = merged(rolled_back, revoked(NOW)(base), base)
    assert result.conflicts == ('the key to revoke of "key1": removed on one side and changed on the other',)


def test_the_same_key_is_on_the_list_once() -> None:
    result = state_of(merged(removed(3, "a")(BASE), removed(3, "b")(BASE)))
    assert [(item.id, item.version) for item in result.revocations] == [("gone3a", "v-key3")]


def held(number: int, *, version: bool) -> Change:
    credential = CREDENTIALS[number]
    return on_credential(number, versions=(replace(credential.versions[0], held=version),))


def test_a_deleted_secret_stays_deleted() -> None:
    base = rotated(1)(BASE)

    def deleted(state: State) -> State:
        credential = state.credential_by_id(CREDENTIALS[1].id)
        assert credential is not None
        return state.with_credential(
            replace(
                credential,
                versions=tuple(replace(item, held=item.held and item.id != "v-key1") for item in credential.versions),
            )
        )

    result = state_of(merged(deleted(base), on_credential(1, note="x")(base), base))
    credential = result.credential_by_id(CREDENTIALS[1].id)
    assert credential is not None
    assert [(item.id, item.held) for item in credential.versions] == [("v-key1", False), ("new-1-a", True)]
    assert credential.note == "x"
    rolled_back = replace(on_credential(1, current="v-key1", previous=())(base), revocations=())
    assert merged(deleted(base), rolled_back, base).conflicts == (
        'credential "key1": its active version was deleted on the other side',
    )


def test_a_revoked_token_stays_revoked_and_a_removed_scope_entry_stays_removed() -> None:
    noted_token = replace(BASE, service_tokens=(replace(TOKENS[0], note="x"), *TOKENS[1:]))
    assert state_of(merged(token_revoked(0)(BASE), noted_token)).service_tokens == TOKENS[1:]
    entry = a_scope_entry(DATABASES[0], removal_wanted_at=NOW)
    requested = on_credential(0, scope=(entry, CREDENTIALS[0].scope[1]))(BASE)
    credential = state_of(merged(scoped(0, 0)(BASE), requested)).credential_by_id(CREDENTIALS[0].id)
    assert credential is not None
    assert [item.database for item in credential.scope] == [DATABASES[1].id]


def test_observations_of_both_sides_come_to_the_later_one() -> None:
    def observed(hours: int, status: str) -> Change:
        at = NOW + timedelta(hours=hours)
        return lambda state: state.with_database(replace(DATABASES[0], status=status, observed_at=at))

    for sides in ((observed(1, "A"), observed(2, "B")), (observed(2, "B"), observed(1, "A"))):
        result = state_of(merged(*(side(BASE) for side in sides)))
        assert result.databases[0] == replace(DATABASES[0], status="B", observed_at=NOW + timedelta(hours=2))
    attested, verified = (
        replace(BASE, integrations=(an_integration(added_at=BASE.integrations[0].added_at, evidence=item),))
        for item in (Evidence.ATTESTED, Evidence.OBSERVED)
    )
    assert state_of(merged(attested, verified)).integrations[0].evidence is Evidence.OBSERVED


def test_every_kind_of_record_in_the_state_can_be_matched() -> None:
    """A new kind of record fails here until it is decided by what two rows of it are the same."""
    assert set(kinds_in(State)) - {KeyTest, Organization, Snapshot} == set(KEYS)
