"""The rotation machine: which step follows which on each plane, and what the last one changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import (
    LONG_AGO,
    NOW,
    a_collection,
    a_column,
    a_credential,
    a_database,
    a_revocation,
    a_rotation,
    a_scope_entry,
    a_snapshot,
    a_state,
    a_version,
    database_id,
)
from vzctl.domain.rotation.machine import (
    SameKey,
    attested,
    finish_back,
    finish_forward,
    next_group,
    next_step,
    require_attestable,
    route,
    same_key_elsewhere,
    scope_afterwards,
    snapshot_of,
    target_version,
    turned_back,
    verified,
)
from vzctl.domain.state.records import ControlPlane, Deletion, Direction, Evidence, Revocation, Rotation, Step, StepTime
from vzctl.errors import ConflictError

FORWARD, BACK = Direction.FORWARD, Direction.BACK
LATER = NOW + timedelta(hours=1)
SHOP, BLOG, NEWS = a_database("shop"), a_database("blog"), a_database("news")


def ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"id{next(numbers)}"


TABLE: list[tuple[str, Direction, bool, Step, Step | None]] = [
    # plane, direction, revoke first, step, next step
    ("local", FORWARD, False, Step.STAGING, Step.STAGED),
    ("local", FORWARD, False, Step.STAGED, Step.TESTED),
    ("local", FORWARD, False, Step.TESTED, Step.DONE),
    ("local", FORWARD, False, Step.DONE, None),
    ("local", FORWARD, False, Step.DROPPING, Step.ROLLED_BACK),
    ("local", FORWARD, False, Step.ROLLED_BACK, None),
    ("local", FORWARD, True, Step.STAGING, Step.STAGED),
    ("local", FORWARD, True, Step.STAGED, Step.TESTED),
    ("local", FORWARD, True, Step.TESTED, Step.REVOKED),
    ("local", FORWARD, True, Step.REVOKED, Step.DONE),
    ("local", FORWARD, True, Step.DROPPING, Step.ROLLED_BACK),
    ("local", BACK, False, Step.TESTED, Step.DROPPING),
    ("local", BACK, False, Step.DROPPING, Step.ROLLED_BACK),
    ("local", BACK, False, Step.ROLLED_BACK, None),
    ("astra", FORWARD, False, Step.STAGING, Step.STAGED),
    ("astra", FORWARD, False, Step.STAGED, Step.TESTED),
    ("astra", FORWARD, False, Step.TESTED, Step.REMOVED),
    ("astra", FORWARD, False, Step.REMOVED, Step.RECREATED),
    ("astra", FORWARD, False, Step.RECREATED, Step.SCOPED),
    ("astra", FORWARD, False, Step.SCOPED, Step.SCOPED),
    ("astra", FORWARD, False, Step.DONE, None),
    ("astra", FORWARD, False, Step.DROPPING, Step.ROLLED_BACK),
    ("astra", FORWARD, False, Step.ROLLED_BACK, None),
    ("astra", FORWARD, True, Step.TESTED, Step.REVOKED),
    ("astra", FORWARD, True, Step.REVOKED, Step.REMOVED),
    ("astra", BACK, False, Step.TESTED, Step.REMOVED),
    ("astra", BACK, False, Step.REMOVED, Step.RECREATED),
    ("astra", BACK, False, Step.RECREATED, Step.SCOPED),
    ("astra", BACK, False, Step.SCOPED, Step.SCOPED),
    ("astra", BACK, False, Step.DROPPING, Step.ROLLED_BACK),
    ("astra", BACK, False, Step.ROLLED_BACK, None),
]


@pytest.mark.parametrize(("plane", "direction", "revoke_first", "step", "expected"), TABLE)
def test_each_step_has_its_next_one(
    plane: str, direction: Direction, revoke_first: bool, step: Step, expected: Step | None
) -> None:
    credential = a_credential(scope=[SHOP])
    rotation = a_rotation(credential, step=step, direction=direction, leaked=revoke_first, revoke_first=revoke_first)
    assert next_step(rotation, is_local=plane == "local") is expected


@pytest.mark.parametrize(("direction", "after"), [(FORWARD, Step.DONE), (BACK, Step.DROPPING)])
def test_scoped_is_next_until_every_database_is_in(direction: Direction, after: Step) -> None:
    rotation = a_rotation(a_credential(scope=[SHOP, BLOG]), step=Step.SCOPED, direction=direction, scoped=[SHOP.id])
    assert next_step(rotation, is_local=False) is Step.SCOPED
    assert next_step(replace(rotation, scoped=(BLOG.id, SHOP.id)), is_local=False) is after


@pytest.mark.parametrize(("direction", "after"), [(FORWARD, Step.DONE), (BACK, Step.DROPPING)])
def test_an_empty_scope_needs_no_visit(direction: Direction, after: Step) -> None:
    rotation = a_rotation(a_credential(), step=Step.RECREATED, direction=direction)
    assert next_step(rotation, is_local=False) is after


def test_the_whole_walks() -> None:
    rotation = a_rotation(a_credential(scope=[SHOP]), revoke_first=True)
    forward = (Step.STAGING, Step.STAGED, Step.TESTED, Step.REVOKED)
    portal = (Step.REMOVED, Step.RECREATED, Step.SCOPED)
    assert route(rotation, is_local=True) == (*forward, Step.DONE)
    assert route(rotation, is_local=False) == (*forward, *portal, Step.DONE)
    back = replace(rotation, direction=BACK)
    assert route(back, is_local=True) == (Step.TESTED, Step.DROPPING, Step.ROLLED_BACK)
    assert route(back, is_local=False) == (Step.TESTED, *portal, Step.DROPPING, Step.ROLLED_BACK)


def test_the_portal_takes_ten_databases_at_a_time() -> None:
    databases = [database_id(number) for number in range(23)]
    rotation = a_rotation(a_credential(scope=databases), step=Step.RECREATED)
    groups = []
    while next_step(rotation, is_local=False) is Step.SCOPED:
        groups.append(next_group(rotation))
        rotation = attested(rotation, Step.SCOPED, LATER, is_local=False)
    assert [len(group) for group in groups] == [10, 10, 3]
    assert [item for group in groups for item in group] == databases == list(rotation.scoped)


@pytest.mark.parametrize("direction", Direction)
def test_the_new_key_counts_as_used_once_it_was_recreated_with_it(direction: Direction) -> None:
    rotation = a_rotation(a_credential(scope=[SHOP]), step=Step.REMOVED, direction=direction)
    after = attested(rotation, Step.RECREATED, LATER, is_local=False)
    assert after == replace(
        rotation,
        step=Step.RECREATED,
        new_key_used=direction is FORWARD,
        times=(StepTime(step=Step.RECREATED, done_at=LATER),),
    )


def test_a_used_key_stays_used_on_the_way_back() -> None:
    rotation = a_rotation(a_credential(), step=Step.TESTED, direction=BACK, new_key_used=True)
    assert attested(rotation, Step.REMOVED, LATER, is_local=False).new_key_used


@pytest.mark.parametrize(
    ("rotation", "step", "message"),
    [
        (
            a_rotation(a_credential(scope=[SHOP]), step=Step.TESTED),
            Step.RECREATED,
            '"recreated" cannot be attested now: the rotation is at TESTED and "removed" is next',
        ),
        (
            a_rotation(a_credential(scope=[SHOP]), step=Step.RECREATED),
            Step.REMOVED,
            '"removed" cannot be attested now: the rotation is at RECREATED and "scoped" is next',
        ),
        (
            a_rotation(step=Step.STAGING),
            Step.REMOVED,
            '"removed" cannot be attested now: the rotation is at STAGING and no step of a person is next',
        ),
        (
            a_rotation(step=Step.DONE),
            Step.SCOPED,
            '"scoped" cannot be attested now: the rotation is at DONE and no step of a person is next',
        ),
    ],
)
def test_a_step_out_of_order_cannot_be_attested(rotation: Rotation, step: Step, message: str) -> None:
    with pytest.raises(ConflictError) as caught:
        attested(rotation, step, LATER, is_local=False)
    assert (caught.value.code, caught.value.message) == ("ROTATION_STEP_OUT_OF_ORDER", message)
    assert [str(item.command) for item in caught.value.next_steps] == ["vzctl rotations show openai-prod"]


@pytest.mark.parametrize(
    ("rotation", "steps", "is_local"),
    [
        (a_rotation(step=Step.STAGING), [], True),
        (a_rotation(step=Step.STAGING, leaked=True, revoke_first=True), [Step.REVOKED], True),
        (a_rotation(a_credential(scope=[SHOP]), step=Step.STAGED), [Step.REMOVED, Step.RECREATED, Step.SCOPED], False),
        (a_rotation(step=Step.RECREATED, direction=BACK), [], False),
    ],
)
def test_what_will_be_next_may_be_attested_beforehand(rotation: Rotation, steps: list[Step], is_local: bool) -> None:
    require_attestable(rotation, steps, is_local=is_local)


@pytest.mark.parametrize(
    ("rotation", "steps", "is_local"),
    [
        (a_rotation(step=Step.STAGING), [Step.REMOVED], True),
        (a_rotation(step=Step.TESTED, direction=BACK), [Step.REMOVED], True),
        (a_rotation(step=Step.DROPPING), [Step.REMOVED], False),
        (a_rotation(a_credential(scope=[SHOP]), step=Step.STAGED), [Step.REMOVED, Step.SCOPED], False),
        (a_rotation(step=Step.STAGED), [Step.REMOVED, Step.RECREATED, Step.SCOPED], False),
        (a_rotation(step=Step.DONE), [Step.SCOPED], False),
    ],
)
def test_what_will_not_be_next_is_refused_beforehand(rotation: Rotation, steps: list[Step], is_local: bool) -> None:
    with pytest.raises(ConflictError) as caught:
        require_attestable(rotation, steps, is_local=is_local)
    assert caught.value.code == "ROTATION_STEP_OUT_OF_ORDER"


def test_the_portal_is_given_the_new_key_forward_and_the_old_one_back() -> None:
    rotation = a_rotation(old_version="v1", new_version="v2")
    assert target_version(rotation) == "v2"
    assert target_version(replace(rotation, direction=BACK)) == "v1"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((FORWARD, Step.STAGING), (FORWARD, Step.DROPPING)),
        ((FORWARD, Step.STAGED), (FORWARD, Step.DROPPING)),
        ((FORWARD, Step.TESTED), (FORWARD, Step.DROPPING)),
        ((FORWARD, Step.REVOKED), (FORWARD, Step.DROPPING)),
        ((FORWARD, Step.REMOVED), (BACK, Step.REMOVED)),
        ((FORWARD, Step.RECREATED), (BACK, Step.TESTED)),
        ((FORWARD, Step.SCOPED), (BACK, Step.TESTED)),
        ((FORWARD, Step.DONE), (BACK, Step.TESTED)),
        ((FORWARD, Step.DROPPING), (FORWARD, Step.DROPPING)),
        ((BACK, Step.TESTED), (BACK, Step.TESTED)),
        ((BACK, Step.REMOVED), (BACK, Step.REMOVED)),
        ((BACK, Step.DROPPING), (BACK, Step.DROPPING)),
    ],
)
def test_turning_back_from_each_step(before: tuple[Direction, Step], after: tuple[Direction, Step]) -> None:
    finished = NOW if before[1] is Step.DONE else None
    credential = a_credential(scope=[SHOP])
    scoped = [] if before[1] is Step.REMOVED else [SHOP.id]
    rotation = a_rotation(credential, direction=before[0], step=before[1], scoped=scoped, finished_at=finished)
    turned = turned_back(rotation, credential, LATER)
    assert (turned.direction, turned.step, turned.finished_at) == (*after, None)
    assert turned.scoped == tuple(scoped), "what the credential has at the Portal stays known until it is removed"
    is_new = turned.step is not rotation.step or turned.direction is not rotation.direction
    is_arrival = is_new and rotation.step is not Step.REMOVED
    assert turned.times == ((StepTime(step=turned.step, done_at=LATER),) if is_arrival else ())
    assert turned_back(turned, credential, LATER) == turned


def test_a_rotation_is_turned_back_to_the_scope_of_now() -> None:
    before = a_credential(scope=[SHOP, NEWS])
    now = replace(before, scope=(a_scope_entry(SHOP), a_scope_entry(BLOG), a_scope_entry(NEWS, removal_wanted_at=NOW)))
    assert turned_back(a_rotation(before, step=Step.DONE), now, LATER).databases == (SHOP.id, BLOG.id)


def test_removing_the_credential_again_leaves_no_database_in_its_scope() -> None:
    rotation = a_rotation(a_credential(scope=[SHOP]), step=Step.TESTED, direction=BACK, scoped=[SHOP.id])
    assert attested(rotation, Step.REMOVED, LATER, is_local=False).scoped == ()


def test_a_verified_step_has_both_times() -> None:
    rotation = attested(a_rotation(step=Step.TESTED), Step.REMOVED, NOW, is_local=False)
    assert verified(rotation, ("REMOVED",), LATER) == replace(
        rotation, seen=("REMOVED",), times=(StepTime(step=Step.REMOVED, done_at=NOW, verified_at=LATER),)
    )


def test_a_snapshot_holds_the_whole_scope_and_the_part_that_dependants_need() -> None:
    credential = a_credential(
        scope=[SHOP, BLOG, a_scope_entry(NEWS, removal_wanted_at=NOW)], key_set_at=LONG_AGO, slot=None
    )
    other = a_credential("other", scope=[BLOG])
    state = a_state(
        databases=[SHOP, BLOG, NEWS],
        credentials=[credential, other],
        collections=[a_collection(BLOG, credential="openai-prod"), a_collection(SHOP, credential="other")],
        columns=[a_column(BLOG, credential="openai-prod"), a_column(NEWS, credential="openai-prod")],
    )
    assert snapshot_of(state, credential) == a_snapshot(
        "openai-prod",
        databases=[SHOP.id, BLOG.id],
        needed_databases=[BLOG.id],
        dependents=[
            f"{BLOG.id}/default_keyspace/articles.body_vector",
            f"{BLOG.id}/default_keyspace/products",
            f"{NEWS.id}/default_keyspace/articles.body_vector",
        ],
    )


def test_the_same_key_elsewhere_is_found_by_fingerprint() -> None:
    main = a_credential("main", versions=[a_version("v1", key="same")])
    twin = a_credential("twin", provider="mistral", versions=[a_version("v2", key="same")])
    former = a_credential(
        "former", versions=[a_version("v3", key="else"), a_version("v4", key="same")], previous=("v4",)
    )
    begun = a_credential("begun", current=None, versions=[])
    state = a_state(credentials=[main, twin, former, begun])
    assert same_key_elsewhere(state, main) == (SameKey("twin", "mistral"),)
    assert same_key_elsewhere(state, former) == ()
    assert same_key_elsewhere(state, begun) == ()


def test_a_key_that_nobody_has_here_is_equal_to_no_other() -> None:
    unknown = replace(a_version("v1"), fingerprint=None)
    main = a_credential("main", versions=[unknown])
    twin = a_credential("twin", versions=[replace(unknown, id="v2")])
    assert same_key_elsewhere(a_state(credentials=[main, twin]), main) == ()


OLD_SCOPE = [a_scope_entry(SHOP, extra={"kept": 1}), a_scope_entry(BLOG)]


def test_finishing_forward_is_one_change_on_the_local_plane() -> None:
    credential = a_credential(
        scope=OLD_SCOPE,
        versions=[a_version("v0"), a_version("v1"), a_version("v2")],
        current="v1",
        pending="v2",
        previous=("v0",),
        slot=1,
    )
    rotation = a_rotation(credential, step=Step.TESTED, old_version="v1", new_version="v2", new_slot=2)
    state = a_state(databases=[SHOP, BLOG], credentials=[credential], rotations=[rotation])
    expected = replace(
        credential, current="v2", pending=None, previous=("v0", "v1"), key_set_at=LATER, slot=2, scope=tuple(OLD_SCOPE)
    )
    assert finish_forward(state, rotation, LATER, ids()) == replace(
        state,
        credentials=(expected,),
        rotations=(
            replace(
                rotation,
                step=Step.DONE,
                new_key_used=True,
                finished_at=LATER,
                times=(StepTime(step=Step.DONE, done_at=LATER),),
            ),
        ),
        revocations=(Revocation(id="id1", credential=credential.id, version="v1", reason="rotated", due_since=LATER),),
    )


def test_finishing_forward_on_astra_attests_the_credential_and_its_scope() -> None:
    credential = a_credential(scope=[SHOP, BLOG], versions=[a_version("v1"), a_version("v2")])
    rotation = a_rotation(credential, step=Step.SCOPED, new_version="v2", databases=[BLOG.id])
    state = a_state(control_plane=ControlPlane.ASTRA, databases=[SHOP, BLOG], credentials=[credential])
    (after,) = finish_forward(state, rotation, LATER, ids()).credentials
    assert (after.evidence, after.evidence_at) == (Evidence.ATTESTED, LATER)
    assert after.scope == (a_scope_entry(BLOG, evidence=Evidence.ATTESTED, evidence_at=LATER),)
    assert after.slot is None


@pytest.mark.parametrize(
    ("leaked", "revoke_first", "expected"),
    [(False, False, ("rotated", None)), (True, False, ("leaked", None)), (True, True, ("leaked", LATER))],
)
def test_the_old_key_goes_onto_the_revocations_list(
    leaked: bool, revoke_first: bool, expected: tuple[str, object]
) -> None:
    credential = a_credential(versions=[a_version("v1"), a_version("v2")])
    rotation = a_rotation(credential, step=Step.TESTED, new_version="v2", leaked=leaked, revoke_first=revoke_first)
    (revocation,) = finish_forward(a_state(credentials=[credential]), rotation, LATER, ids()).revocations
    assert (revocation.reason, revocation.done_at) == expected


def test_without_an_old_key_there_is_nothing_to_revoke() -> None:
    credential = a_credential(versions=[a_version("v2")], current=None, pending="v2")
    rotation = a_rotation(credential, step=Step.TESTED, new_version="v2")
    after = finish_forward(a_state(credentials=[credential]), rotation, LATER, ids())
    assert (after.revocations, after.credentials[0].previous) == ((), ())
    assert after.credentials[0].current == "v2"


def test_a_database_that_was_forgotten_meanwhile_is_not_put_back() -> None:
    credential = a_credential(scope=[SHOP])
    rotation = a_rotation(credential, snapshot=a_snapshot(databases=[SHOP.id, BLOG.id]), databases=[SHOP.id, BLOG.id])
    state = a_state(databases=[SHOP], credentials=[credential])
    assert scope_afterwards(state, credential, rotation, LATER) == credential.scope


def test_on_the_local_plane_a_database_that_left_the_scope_stays_out_of_it() -> None:
    credential = a_credential(scope=[SHOP])
    rotation = a_rotation(credential, databases=[BLOG.id, SHOP.id])
    state = a_state(databases=[SHOP, BLOG], credentials=[credential])
    assert scope_afterwards(state, credential, rotation, LATER) == (a_scope_entry(SHOP),)


def test_on_astra_the_scope_is_what_was_put_back_and_the_rest_is_requested_again() -> None:
    leaving = a_scope_entry(NEWS, evidence=Evidence.ATTESTED, evidence_at=NOW, removal_wanted_at=NOW)
    observed = replace(a_scope_entry(SHOP, evidence=Evidence.OBSERVED, evidence_at=NOW), refused_at=NOW)
    credential = a_credential(scope=[observed, leaving])
    rotation = a_rotation(
        credential,
        snapshot=a_snapshot(databases=[BLOG.id]),
        step=Step.SCOPED,
        databases=[BLOG.id],
        scoped=[BLOG.id],
    )
    state = a_state(control_plane=ControlPlane.ASTRA, databases=[SHOP, BLOG, NEWS], credentials=[credential])
    assert scope_afterwards(state, credential, rotation, LATER) == (
        a_scope_entry(SHOP, evidence=Evidence.WANTED, evidence_at=LATER),
        a_scope_entry(BLOG, added_at=LATER, evidence=Evidence.ATTESTED, evidence_at=LATER),
    )


def test_dropping_a_staged_key_begins_the_deletion_of_its_secret_and_changes_nothing_else() -> None:
    credential = a_credential(
        scope=OLD_SCOPE, versions=[a_version("v1"), a_version("v2")], pending="v2", key_set_at=LONG_AGO, slot=1
    )
    rotation = a_rotation(credential, step=Step.DROPPING, new_version="v2", new_slot=2)
    state = a_state(databases=[SHOP, BLOG], credentials=[credential], rotations=[rotation])
    assert finish_back(state, rotation, LATER, ids()) == replace(
        state,
        credentials=(replace(credential, pending=None, versions=(a_version("v1"), a_version("v2", held=False))),),
        rotations=(
            replace(
                rotation,
                step=Step.ROLLED_BACK,
                finished_at=LATER,
                times=(StepTime(step=Step.ROLLED_BACK, done_at=LATER),),
            ),
        ),
        deletions=(Deletion(version="v2", owner=credential.id, begun_at=LATER),),
    )


def test_flipping_back_restores_pointer_age_and_slot_and_lists_the_new_key_for_revocation() -> None:
    before = a_credential(scope=OLD_SCOPE, versions=[a_version("v1"), a_version("v2")], key_set_at=LONG_AGO, slot=1)
    rotation = a_rotation(before, step=Step.TESTED, new_version="v2", new_slot=2, databases=[BLOG.id])
    forward = finish_forward(
        a_state(databases=[SHOP, BLOG], credentials=[before], rotations=[rotation]), rotation, NOW, ids()
    )
    assert (forward.credentials[0].slot, forward.credentials[0].database_ids) == (2, frozenset({BLOG.id}))
    turned = turned_back(forward.rotations[0], forward.credentials[0], NOW)
    other = a_revocation(before, "v1", id="done-before", done_at=LONG_AGO)
    after = finish_back(forward.with_revocation(other), turned, LATER, lambda: "rev2")
    (credential,) = after.credentials
    assert credential == replace(before, scope=(a_scope_entry(BLOG),), versions=credential.versions), (
        "only the key goes back"
    )
    assert after.revocations == (
        other,
        Revocation(id="rev2", credential=before.id, version="v2", reason="rolled back", due_since=LATER),
    )
    times = (*turned.times, StepTime(step=Step.ROLLED_BACK, done_at=LATER))
    assert after.rotations == (replace(turned, step=Step.ROLLED_BACK, finished_at=LATER, times=times),)


@pytest.mark.parametrize(("recorded", "sizes"), [(None, [10, 10, 3]), (7, [7, 7, 7, 2]), (25, [23])])
def test_the_groups_of_manual_steps_are_those_that_the_row_records(
    monkeypatch: pytest.MonkeyPatch, recorded: int | None, sizes: list[int]
) -> None:
    monkeypatch.setattr("vzctl.domain.portal.group_size", lambda: 4)
    databases = [f"db{number}" for number in range(23)]
    rotation = replace(a_rotation(databases=databases), group_size=recorded)
    groups = []
    while group := next_group(rotation):
        groups.append(len(group))
        rotation = replace(rotation, scoped=(*rotation.scoped, *group))
    assert groups == sizes


@pytest.mark.parametrize("plane", list(ControlPlane))
def test_a_minimum_scope_keeps_a_database_that_got_a_dependent_since(plane: ControlPlane) -> None:
    credential = a_credential(scope=[SHOP, BLOG, NEWS])
    rotation = a_rotation(
        credential,
        snapshot=a_snapshot(databases=[SHOP.id, BLOG.id, NEWS.id]),
        databases=[SHOP.id],
        scoped=[SHOP.id],
        step=Step.SCOPED,
    )
    state = a_state(
        control_plane=plane,
        databases=[SHOP, BLOG, NEWS],
        credentials=[credential],
        collections=[a_collection(BLOG, credential=credential.name)],
    )
    kept = scope_afterwards(state, credential, rotation, LATER)
    assert [entry.database for entry in kept] == [SHOP.id, BLOG.id]
    assert plane is ControlPlane.LOCAL or kept[1].evidence is Evidence.WANTED, "a manual step to do"
