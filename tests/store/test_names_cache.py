"""The names for shell completion: what is in them, when they are stale, and that nothing depends on them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.builders import a_credential, a_database, a_full_state, a_scope_entry, a_state, an_integration
from tests.support.state_files import a_state_file, change, written
from vzctl.domain.state.records import ControlPlane, Evidence, Step
from vzctl.store.names_cache import names_document, write_names_cache

STATE = a_full_state()
SHOP, BLOG, GONE = STATE.databases


def status_of(path: Path) -> os.stat_result:
    path.write_bytes(b"12345")
    os.utime(path, ns=(0, 1_700_000_000_000_000_001))
    return path.stat()


def test_it_holds_every_name_that_can_be_completed(tmp_path: Path) -> None:
    assert names_document(STATE, status_of(tmp_path / "state")) == {
        "format": 1,
        "state": {"size": 5, "mtime_ns": 1_700_000_000_000_000_001},
        "credentials": [["openai-prod", "openai"], ["azure.eu_1", "azureOpenAI"]],
        "databases": [
            [SHOP.id, "shop", "eu-west-1", "ACTIVE"],
            [BLOG.id, "blog", None, "ACTIVE"],
            [GONE.id, "old", "eu-west-1", "TERMINATED"],
        ],
        "integrations": ["openai", "azureOpenAI"],
        "collections": [
            "shop/default_keyspace/products",
            "shop/default_keyspace/reviews",
            "blog/default_keyspace/posts",
            "old/default_keyspace/plain",
        ],
        "columns": ["shop/default_keyspace/articles.body_vector", "blog/default_keyspace/articles.title_vector"],
        "rotations": ["openai-prod"],
        "revocations": ["rev1"],
        "pending": [],
    }


def test_pending_steps_are_names_on_the_astra_plane(tmp_path: Path) -> None:
    shop = a_database("shop")
    state = a_state(
        control_plane=ControlPlane.ASTRA,
        databases=[shop],
        integrations=[an_integration()],
        credentials=[a_credential("x", scope=[a_scope_entry(shop, evidence=Evidence.WANTED)])],
    )
    assert names_document(state, status_of(tmp_path / "state"))["pending"] == ["add-scope:x:shop"]


def test_finished_rotations_and_those_of_removed_credentials_are_not_offered(tmp_path: Path) -> None:
    done = replace(STATE.rotations[1], step=Step.ROLLED_BACK)
    status = status_of(tmp_path / "state")
    assert names_document(STATE.with_rotation(done), status)["rotations"] == []
    stray = replace(STATE.rotations[1], credential="gone")
    assert names_document(STATE.with_rotation(stray), status)["rotations"] == []


def test_every_change_writes_it_with_the_stamp_of_the_new_file(tmp_path: Path) -> None:
    file = written(tmp_path / "state.toml", a_state(databases=[SHOP]))
    change(file, lambda state: state.with_database(BLOG))
    status = file.paths.state.stat()
    document = json.loads(file.paths.names_cache.read_bytes())
    assert document == names_document(file.read(), status)
    assert [row[1] for row in document["databases"]] == ["shop", "blog"]


def test_a_change_by_somebody_else_leaves_a_stamp_that_no_longer_fits(tmp_path: Path) -> None:
    file = a_state_file(tmp_path / "state.toml")
    file.create(a_state())
    stamp = json.loads(file.paths.names_cache.read_bytes())["state"]
    file.paths.state.write_bytes(file.read_bytes() + b"# edited\n")
    assert stamp["size"] != file.paths.state.stat().st_size


def test_a_cache_that_cannot_be_written_fails_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file" / "cache" / "names.json"
    (tmp_path / "file").write_bytes(b"")
    write_names_cache(path, STATE, status_of(tmp_path / "state"))
    assert not path.exists()


def test_a_change_succeeds_when_its_cache_cannot_be_written(tmp_path: Path) -> None:
    file = a_state_file(tmp_path / "state.toml")
    file.create(a_state())
    file.paths.names_cache.unlink()
    file.paths.names_cache.mkdir()
    change(file, lambda state: state.with_database(SHOP))
    assert file.read().databases == (SHOP,)


@pytest.mark.parametrize("plane", ControlPlane)
def test_it_holds_no_fingerprint_and_no_salt(tmp_path: Path, plane: ControlPlane) -> None:
    text = json.dumps(names_document(a_full_state(plane), status_of(tmp_path / "state")))
    assert "hm:" not in text
    assert STATE.organization.fingerprint_salt not in text
