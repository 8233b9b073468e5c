"""The state's own questions and copies: what replaces what, and what stays where it was."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from tests.support.builders import (
    LONG_AGO,
    NOW,
    a_collection,
    a_column,
    a_credential,
    a_database,
    a_full_state,
    a_retired_credential,
    a_revocation,
    a_rotation,
    a_state,
    a_version,
    an_integration,
)
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import ControlPlane, Dependent, Direction, Step

STATE = a_full_state()
SHOP, BLOG, GONE = STATE.databases
MAIN, AZURE = STATE.credentials


def test_things_are_found_by_their_key_or_not_at_all() -> None:
    assert STATE.integration("openai") is STATE.integrations[0]
    assert STATE.integration("OpenAI") is None
    assert STATE.database(BLOG.id) is BLOG
    assert STATE.database("blog") is None
    assert STATE.credential("openai-prod") is MAIN
    assert STATE.credential("OPENAI-PROD") is None
    assert STATE.credential_by_id(AZURE.id) is AZURE
    assert STATE.credential_by_id("openai-prod") is None


def test_versions_belong_to_live_and_removed_credentials() -> None:
    (retired,) = STATE.retired
    assert [(owner.name, version.id) for owner, version in STATE.versions()] == [
        ("openai-prod", "v2"),
        ("openai-prod", "v1"),
        ("openai-prod", "v-new"),
        ("azure.eu_1", "v-azure_eu_1"),
        ("openai-old", "v-openai-old"),
    ]
    assert STATE.owner_of_version("v1") is MAIN
    assert STATE.owner_of_version("v-openai-old") is retired
    assert STATE.owner_of_version("v9") is None


def test_a_credential_knows_its_versions() -> None:
    assert MAIN.current_version == a_version("v2")
    assert MAIN.version("v1") == a_version("v1")
    assert MAIN.version("v9") is None
    assert MAIN.version(None) is None
    assert replace(MAIN, current=None).current_version is None
    assert MAIN.database_ids == {SHOP.id, BLOG.id}


def test_a_version_is_added_and_replaced_in_place() -> None:
    credential = a_credential(versions=[a_version("v1"), a_version("v2")])
    changed, new = a_version("v1", held=False), a_version("v3")
    assert credential.with_version(changed).versions == (changed, a_version("v2"))
    assert credential.with_version(new).versions == (a_version("v1"), a_version("v2"), new)


def test_dependants_are_collections_then_columns() -> None:
    assert list(STATE.dependants()) == [*STATE.collections, *STATE.columns]
    assert STATE.dependents_of("openai-prod") == [STATE.collections[0], STATE.columns[1]]
    assert STATE.dependents_of("none") == []


def test_a_dependant_has_a_kind_a_local_name_and_a_key() -> None:
    collection, column = a_collection(SHOP, "c", keyspace="ks"), a_column(SHOP, "t", "v", keyspace="ks")
    assert (collection.kind, collection.local_name, collection.key) == ("collection", "c", (SHOP.id, "ks", "c"))
    assert (column.kind, column.local_name, column.key) == ("column", "t.v", (SHOP.id, "ks", "t.v"))


def test_a_bare_dependant_is_neither_collection_nor_column() -> None:
    bare = Dependent(database=SHOP.id, keyspace="ks")
    with pytest.raises(NotImplementedError):
        _ = bare.local_name
    with pytest.raises(NotImplementedError):
        _ = bare.kind


@pytest.mark.parametrize("plane", ControlPlane)
def test_the_plane_decides_whether_the_file_is_the_authority(plane: ControlPlane) -> None:
    assert a_state(control_plane=plane).is_local is (plane is ControlPlane.LOCAL)


@pytest.mark.parametrize(("status", "active"), [("ACTIVE", True), ("active", False), ("PENDING", False)])
def test_only_an_active_database_is_active(status: str, active: bool) -> None:
    assert a_database(status=status).is_active is active


def test_the_open_rotation_is_the_one_that_is_neither_done_nor_taken_back() -> None:
    opened = STATE.rotations[1]
    assert STATE.open_rotation(MAIN.id) is opened
    assert STATE.open_rotation(AZURE.id) is None
    for step in (Step.DONE, Step.ROLLED_BACK):
        assert STATE.with_rotation(replace(opened, step=step)).open_rotation(MAIN.id) is None


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("direction", Direction)
def test_the_point_of_no_return(step: Step, direction: Direction) -> None:
    """Past it the credential at Astra may be something else than the state's `current`."""
    is_past = {
        Direction.FORWARD: {Step.REMOVED, Step.RECREATED, Step.SCOPED},
        Direction.BACK: set(Step) - {Step.DONE, Step.ROLLED_BACK, Step.DROPPING},
    }
    assert a_rotation(step=step, direction=direction).is_past_no_return is (step in is_past[direction])


def test_open_revocations_are_those_that_are_not_done() -> None:
    done = a_revocation(MAIN, "v2", id="done", done_at=NOW)
    assert STATE.with_revocation(done).open_revocations() == [STATE.revocations[0]]


def test_putting_something_again_replaces_it_where_it_stands() -> None:
    assert STATE.with_integration(replace(STATE.integrations[0], added_at=NOW)).integrations == (
        an_integration("openai", added_at=NOW),
        STATE.integrations[1],
    )
    renamed = replace(SHOP, name="market")
    assert STATE.with_database(renamed).databases == (renamed, BLOG, GONE)
    noted = replace(MAIN, note="x")
    assert STATE.with_credential(noted).credentials == (noted, AZURE)
    collection = replace(STATE.collections[1], dimension=7)
    assert STATE.with_collection(collection).collections == (
        STATE.collections[0],
        collection,
        *STATE.collections[2:],
    )
    column = replace(STATE.columns[0], dimension=7)
    assert STATE.with_column(column).columns == (column, STATE.columns[1])
    rotation = replace(STATE.rotations[0], host="other")
    assert STATE.with_rotation(rotation).rotations == (rotation, STATE.rotations[1])
    revocation = replace(STATE.revocations[0], done_at=NOW)
    assert STATE.with_revocation(revocation).revocations == (revocation,)
    retired = replace(STATE.retired[0], removed_at=NOW)
    assert STATE.with_retired(retired).retired == (retired,)


def test_putting_something_new_adds_it_at_the_end() -> None:
    assert STATE.with_integration(an_integration("mistral")).integrations[-1].provider == "mistral"
    assert STATE.with_database(a_database("news")).databases == (SHOP, BLOG, GONE, a_database("news"))
    assert STATE.with_credential(a_credential("new")).credentials == (MAIN, AZURE, a_credential("new"))
    assert STATE.with_collection(a_collection(BLOG, "new")).collections[-1] == a_collection(BLOG, "new")
    assert STATE.with_column(a_column(BLOG, "new")).columns[-1] == a_column(BLOG, "new")


def test_an_owner_goes_where_it_belongs() -> None:
    noted, buried = replace(MAIN, note="x"), a_retired_credential("buried", removed_at=LONG_AGO)
    assert STATE.with_owner(noted) == STATE.with_credential(noted)
    assert STATE.with_owner(buried) == STATE.with_retired(buried)


def test_things_are_taken_out_alone() -> None:
    assert STATE.without_integration("openai").integrations == STATE.integrations[1:]
    assert STATE.without_database(SHOP.id).databases == (BLOG, GONE)
    assert STATE.without_credential(MAIN.id).credentials == (AZURE,)
    assert STATE.without_dependent(STATE.collections[2]).collections == (*STATE.collections[:2], STATE.collections[3])
    assert STATE.without_dependent(STATE.columns[0]) == replace(STATE, columns=STATE.columns[1:])


def test_a_state_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        STATE.serial = 9  # type: ignore[misc]


def test_the_index_answers_what_lists_would() -> None:
    index = Index(STATE)
    assert index.databases == {item.id: item for item in STATE.databases}
    assert index.credentials == {item.name: item for item in STATE.credentials}
    assert index.dependents_of_credential["openai-prod"] == STATE.dependents_of("openai-prod")
    assert index.dependents_in_database[SHOP.id] == [*STATE.collections[:2], STATE.columns[0]]
    assert index.open_rotations == {MAIN.id: STATE.rotations[1]}
    assert index.credentials_in_scope(SHOP.id) == [MAIN, AZURE]
    assert index.credentials_in_scope(BLOG.id) == [MAIN]
    assert index.database_name(SHOP.id) == "shop"
    assert index.database_name("gone") == "gone"
    assert index.address(STATE.columns[1]) == "blog/default_keyspace/articles.title_vector"
