"""Where names come from: the cache while it is fresh, else the state, else nowhere."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.completion.conftest import NAMES, write_names
from vzctl.bounded_text import COMPLETION
from vzctl.completion import names
from vzctl.completion.names import database_labels, load_names
from vzctl.domain.state.index import display_names
from vzctl.domain.state.records import (
    Collection,
    Column,
    ControlPlane,
    Credential,
    Database,
    Evidence,
    Integration,
    Organization,
    Revocation,
    Rotation,
    ScopeEntry,
    Snapshot,
    Step,
)
from vzctl.domain.state.state import State
from vzctl.store.names_cache import names_document, write_names_cache
from vzctl.store.paths import StatePaths
from vzctl.store.schema import format_state

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
TOML = '[[integrations]]\nprovider = "openai"\n'


def credential(name: str, *scope: ScopeEntry, evidence: Evidence | None = None, is_leaving: bool = False) -> Credential:
    return Credential(
        id=f"id-of-{name}",
        name=name,
        provider="openai",
        created_at=NOW,
        evidence=evidence,
        removal_wanted_at=NOW if is_leaving else None,
        scope=scope,
    )


def rotation(credential_name: str, step: Step) -> Rotation:
    return Rotation(
        id=f"rotation-of-{credential_name}",
        credential=f"id-of-{credential_name}",
        step=step,
        snapshot=Snapshot(name=credential_name, provider="openai", databases=(), needed_databases=()),
        started_at=NOW,
        host="here",
        old_version=None,
        new_version="v2",
    )


def full_state(plane: ControlPlane) -> State:
    wanted = ScopeEntry(database="d1", added_at=NOW, evidence=Evidence.WANTED)
    leaving = ScopeEntry(database="d3", added_at=NOW, removal_wanted_at=NOW)
    return State(
        schema=1,
        lineage="lineage",
        serial=7,
        vzctl="0.1.0",
        organization=Organization(name="acme", control_plane=plane, fingerprint_salt="salt"),
        integrations=(
            Integration(provider="openai", added_at=NOW, evidence=Evidence.WANTED),
            Integration(provider="mistral", added_at=NOW, removal_wanted_at=NOW),
        ),
        databases=(
            Database(id="d1", name="shop", region="us-east1"),
            Database(id="d2", name="shop", region="eu-west1", status="HIBERNATED"),
            Database(id="d3", name="logs"),
            Database(id="d4", name="twin", region="eu-west1"),
            Database(id="d5", name="twin", region="eu-west1"),
            Database(id="d6", name="twin"),
        ),
        credentials=(
            credential("first", wanted, leaving, evidence=Evidence.WANTED),
            credential("second", leaving, is_leaving=True),
            credential("third"),
        ),
        collections=(Collection(database="d1", keyspace="ks", name="products"),),
        columns=(Column(database="d4", keyspace="ks", table="events", column="vector"),),
        rotations=(rotation("first", Step.STAGED), rotation("second", Step.DONE), rotation("third", Step.ROLLED_BACK)),
        revocations=(
            Revocation(id="r1", credential="c", version="v", reason="rotated", due_since=NOW),
            Revocation(id="r2", credential="c", version="v", reason="rotated", due_since=NOW, done_at=NOW),
        ),
    )


@pytest.mark.parametrize("plane", list(ControlPlane))
def test_the_state_has_the_names_that_the_store_writes_into_the_cache(tmp_path: Path, plane: ControlPlane) -> None:
    state = full_state(plane)
    path = tmp_path / "state.toml"
    path.write_bytes(format_state(state))
    expected = names_document(state, path.stat())
    without_cache = load_names(str(path))
    assert without_cache == {key: value for key, value in expected.items() if key not in {"format", "state"}}

    write_names_cache(StatePaths.of(path).names_cache, state, path.stat())
    assert load_names(str(path)) == expected


ODD_NAMES = st.one_of(
    st.sampled_from(
        ["shop", "shop@eu", "my shop", "-shop", "shop-", "a@b@eu", "", "_", "größe", "shop\n", "٣", "²", "a'b"]
    ),
    st.text(max_size=3),
)


@given(st.lists(st.tuples(ODD_NAMES, st.sampled_from([None, "eu", "us", "", "the west"])), max_size=6))
def test_a_database_is_called_what_the_commands_call_it(databases: list[tuple[str, str | None]]) -> None:
    known = tuple(Database(id=f"d{number}", name=name, region=at) for number, (name, at) in enumerate(databases))
    rows: list[list[Any]] = [[item.id, item.name, item.region] for item in known]
    assert database_labels(rows) == display_names(known)
    for database_id, label in database_labels(rows, is_quoted=True).items():
        assert [item.id for item in known if item.name == label] in ([], [database_id])


def test_a_step_of_a_database_with_an_odd_name_is_completed_as_it_is_called(tmp_path: Path) -> None:
    state = full_state(ControlPlane.ASTRA)
    first, *others = state.databases
    path = tmp_path / "state.toml"
    path.write_bytes(format_state(replace(state, databases=(replace(first, name="my shop"), *others))))
    assert "add-scope:first:d1" in load_names(str(path))["pending"]


def test_fresh_cache_is_used_and_the_state_not_parsed(state: Path) -> None:
    assert load_names(str(state))["credentials"] == NAMES["credentials"]


def test_cache_beside_the_real_file_is_found_through_a_link(state: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "link.toml"
    link.parent.mkdir()
    link.symlink_to(state)
    assert load_names(str(link))["credentials"] == NAMES["credentials"]


@pytest.mark.parametrize("what", ["size", "time"])
def test_stale_cache_is_not_used_for_a_small_state(state: Path, what: str) -> None:
    if what == "size":
        status = state.stat()
        state.write_text(TOML, encoding="utf-8")
        os.utime(state, ns=(status.st_atime_ns, status.st_mtime_ns))
    else:
        state.write_text(TOML, encoding="utf-8")
        write_names(state, NAMES)
        os.utime(state, ns=(1, 1))
    cache = Path(f"{state}.d/cache/names.json")
    before = cache.read_bytes()
    assert load_names(str(state))["integrations"] == ["openai"]
    assert load_names(str(state))["credentials"] == []
    assert cache.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 2}',
        b"\xff",
        b"[" * 100_000,
        b'{"format": 1, "state": null, "integrations": ["x"]}',
    ],
    ids=["empty", "torn", "list", "newer", "binary", "deep", "unstamped"],
)
def test_cache_that_cannot_be_used_is_as_good_as_none(state: Path, content: bytes) -> None:
    state.write_text(TOML, encoding="utf-8")
    Path(f"{state}.d/cache/names.json").write_bytes(content)
    assert load_names(str(state))["integrations"] == ["openai"]


def test_large_state_is_not_parsed(state: Path) -> None:
    state.write_text("#" * COMPLETION.size, encoding="utf-8")
    assert load_names(str(state))["credentials"] == NAMES["credentials"]
    Path(f"{state}.d/cache/names.json").unlink()
    assert load_names(str(state)) == {}


def test_names_document_is_what_the_engine_reads(state: Path) -> None:
    """The two sides of the cache are written by different layers, which may not import each other."""
    document = names_document(full_state(ControlPlane.LOCAL), state.stat())
    assert set(document) == {"format", "state", *NAMES}
    assert document["format"] == names.CACHE_FORMAT
    assert json.loads(json.dumps(document)) == document
