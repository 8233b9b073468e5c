"""Deletions of secrets in the state: what they may touch, what they leave behind, and how an older state learns of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import LONG_AGO, NOW, a_credential, a_revocation, a_rotation, a_state, a_version
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.state.deletion import (
    is_deleted,
    needed_versions,
    renewed,
    united,
    with_deletions,
    with_deletions_done,
)
from vzctl.domain.state.records import Deletion, Organization, RetiredCredential, Step, Version
from vzctl.domain.state.state import State
from vzctl.domain.state.token import KEPT_AS
from vzctl.errors import ConflictError
from vzctl.store.schema import format_state, parse_state, require_sound

LATER = NOW + timedelta(hours=1)
VERSIONS = [a_version(f"v{number}") for number in range(1, 5)]
CREDENTIAL = replace(a_credential(versions=VERSIONS), current="v1", pending="v2", previous=("v3",))
STATE = a_state(credentials=[CREDENTIAL])


def deletion(version: str, *, done: bool = False, owner: str = CREDENTIAL.id) -> Deletion:
    return Deletion(version=version, owner=owner, begun_at=NOW, done_at=LATER if done else None)


def with_token(state: State, *versions: str, used: str | None) -> State:
    made = tuple(Version(id=item, created_at=LONG_AGO, held=True) for item in versions)
    organization: Organization = replace(state.organization, token_version=used, token_versions=made)
    return replace(state, organization=organization)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_active_or_a_pending_version_is_not_deleted(version: str) -> None:
    with pytest.raises(ConflictError) as caught:
        with_deletions(STATE, CREDENTIAL.id, [version], NOW)
    assert caught.value.code == "CHANGED_MEANWHILE"


def test_the_versions_of_an_open_rotation_are_not_deleted() -> None:
    credential = replace(CREDENTIAL, pending=None)
    rotation = a_rotation(credential, step=Step.STAGED, old_version="v3", new_version="v4")
    state = a_state(credentials=[credential], rotations=[rotation])
    assert needed_versions(state) == {"v1", "v3", "v4"}
    for version in ("v3", "v4"):
        with pytest.raises(ConflictError):
            with_deletions(state, credential.id, [version], NOW)


def test_the_token_in_use_is_not_deleted_and_another_one_is() -> None:
    state = with_token(STATE, "t1", "t2", used="t2")
    with pytest.raises(ConflictError):
        with_deletions(state, KEPT_AS, ["t2"], NOW)
    after = with_deletions(state, KEPT_AS, ["t1"], NOW)
    assert after.open_deletions() == [deletion("t1", owner=KEPT_AS)]
    done = with_deletions_done(after, after.deletions, LATER)
    assert [item.id for item in done.organization.token_versions] == ["t2"]


def test_from_the_beginning_on_a_version_does_not_count_as_stored_and_is_no_previous_one() -> None:
    after = with_deletions(STATE, CREDENTIAL.id, ["v3", "v4"], NOW)
    assert after == replace(
        STATE,
        credentials=(
            replace(
                CREDENTIAL,
                previous=(),
                versions=(*VERSIONS[:2], a_version("v3", held=False), a_version("v4", held=False)),
            ),
        ),
        deletions=(deletion("v3"), deletion("v4")),
    )
    assert with_deletions(after, CREDENTIAL.id, ["v3", "v4"], LATER) == after


def test_a_deleted_version_is_remembered_only_when_a_revocation_names_it() -> None:
    state = replace(STATE, revocations=(a_revocation(CREDENTIAL, "v3"),))
    begun = with_deletions(state, CREDENTIAL.id, ["v3", "v4"], NOW)
    after = with_deletions_done(begun, begun.deletions, LATER)
    assert after.deletions == (deletion("v3", done=True), deletion("v4", done=True))
    assert after.credentials[0].versions == (*VERSIONS[:2], a_version("v3", held=False))
    assert after.open_deletions() == []


def test_a_secret_that_came_back_after_its_deletion_is_deleted_once_more() -> None:
    done = replace(STATE, deletions=(deletion("v4", done=True),))
    assert with_deletions(done, CREDENTIAL.id, ["v4"], NOW).open_deletions() == [deletion("v4")]


@pytest.mark.parametrize(
    ("pointers", "place"),
    [
        ({"current": "v4"}, ("credentials", 0, "current")),
        ({"pending": "v4"}, ("credentials", 0, "pending")),
        ({"previous": ("v3", "v4")}, ("credentials", 0, "previous")),
    ],
)
@pytest.mark.parametrize("done", [False, True])
def test_no_state_is_written_in_which_a_pointer_names_a_deleted_version(
    pointers: dict[str, object], place: tuple[object, ...], done: bool
) -> None:
    credential = replace(CREDENTIAL, **pointers)  # type: ignore[arg-type]
    state = a_state(credentials=[credential], deletions=[deletion("v4", done=done)])
    assert [item.place for item in breakages(state)] == [place]
    with pytest.raises(RuntimeError, match="whose secret is deleted"):
        require_sound(state)


def test_nor_one_in_which_the_token_or_an_open_rotation_does() -> None:
    token = replace(with_token(STATE, "t1", used="t1"), deletions=(deletion("t1", owner=KEPT_AS),))
    assert [item.place for item in breakages(token)] == [("organization", "token_version")]
    rotation = a_rotation(CREDENTIAL, step=Step.STAGED, old_version="v3", new_version="v4")
    credential = replace(CREDENTIAL, pending=None, previous=())
    state = a_state(credentials=[credential], rotations=[rotation], deletions=[deletion("v3"), deletion("v4")])
    assert [item.place for item in breakages(state)] == [
        ("rotations", 0, "old_version"),
        ("rotations", 0, "new_version"),
    ]


def test_a_finished_rotation_may_name_one() -> None:
    rotation = a_rotation(CREDENTIAL, step=Step.DONE, old_version="v3", new_version="v4")
    credential = replace(CREDENTIAL, previous=())
    assert list(breakages(a_state(credentials=[credential], rotations=[rotation], deletions=[deletion("v3")]))) == []


def test_a_state_that_relies_on_deleted_versions_goes_on_with_new_ones_that_are_not_stored() -> None:
    rotation = a_rotation(CREDENTIAL, step=Step.STAGED, old_version="v1", new_version="v2")
    state = replace(
        with_token(STATE, "t1", used="t1"),
        rotations=(rotation,),
        revocations=(a_revocation(CREDENTIAL, "v1"),),
        deletions=(
            *(deletion(item) for item in ("v1", "v2", "v3")),
            deletion("v1-2", done=True),
            deletion("t1", owner=KEPT_AS),
        ),
    )
    after = renewed(state)
    (credential,) = after.credentials
    assert (credential.current, credential.pending, credential.previous) == ("v1-3", "v2-2", ())
    assert [(item.id, item.fingerprint, item.held) for item in credential.versions] == [
        ("v1-3", VERSIONS[0].fingerprint, False),
        ("v2-2", VERSIONS[1].fingerprint, False),
        ("v3", VERSIONS[2].fingerprint, False),
        ("v4", VERSIONS[3].fingerprint, True),
    ]
    assert [(item.old_version, item.new_version) for item in after.rotations] == [("v1-3", "v2-2")]
    assert [item.version for item in after.revocations] == ["v1-3"]
    assert after.organization.token_version is None
    assert list(breakages(after)) == []
    assert renewed(after) == after


def test_a_key_that_was_renewed_before_goes_on_under_the_version_it_has_already() -> None:
    again = replace(a_version("v1-2"), held=True)
    both = replace(CREDENTIAL, versions=(*CREDENTIAL.versions, again), previous=("v3", "v1-2"))
    state = renewed(replace(STATE, credentials=(both,), deletions=(deletion("v1"),)))
    (credential,) = state.credentials
    assert (credential.current, credential.previous) == ("v1-2", ("v3",))
    assert [item.id for item in credential.versions] == ["v2", "v3", "v4", "v1-2"]
    require_sound(state)


def test_a_state_without_deletions_stays_the_same() -> None:
    assert renewed(STATE) == STATE
    assert renewed(STATE).credentials[0] is CREDENTIAL


def test_a_state_that_never_heard_of_a_deletion_learns_of_it_when_it_ends() -> None:
    after = with_deletions_done(STATE, [deletion("v1")], LATER)
    assert (after.credentials[0].current, is_deleted(after, "v1"), after.open_deletions()) == ("v1-2", True, [])
    assert [item.held for item in after.credentials[0].versions if item.id == "v1-2"] == [False]
    assert list(breakages(after)) == []


def test_of_two_states_that_know_a_deletion_the_one_that_knows_its_end_is_right() -> None:
    one = (deletion("v1"), deletion("v2", done=True))
    other = (deletion("v1", done=True), deletion("v2"), deletion("v3"))
    expected = (deletion("v1", done=True), deletion("v2", done=True), deletion("v3"))
    assert united(one, other) == expected
    assert {item.version: item for item in united(other, one)} == {item.version: item for item in expected}


def test_the_owner_of_a_deletion_may_be_removed_and_the_file_gives_back_what_was_written() -> None:
    retired = RetiredCredential(id="gone", name="old", provider="openai", removed_at=NOW, versions=(a_version("x1"),))
    state = with_deletions(replace(STATE, retired=(retired,)), "gone", ["x1"], NOW)
    assert state.retired == (replace(retired, versions=(a_version("x1", held=False),)),)
    assert parse_state(format_state(state), "state.toml") == state
