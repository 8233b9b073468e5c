"""The record of fetches: joined, pruned, written whole, and never a reason to fail."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.builders import (
    LONG_AGO,
    NOW,
    a_credential,
    a_database,
    a_retired_credential,
    a_service_token,
    a_state,
)
from vzctl.bounded_text import Limits
from vzctl.store.fetch_record import Fetch, Fetches, read_fetches, write_fetches

LATER = NOW + timedelta(hours=1)
RECORD = Fetches({("db", "v1"): Fetch(LONG_AGO, NOW), ("db", "v2"): Fetch(NOW, NOW)}, {"t1": NOW})


def test_what_is_written_is_read_and_private(tmp_path: Path) -> None:
    path = tmp_path / "state.toml.d" / "fetches.json"
    write_fetches(path, "lineage", RECORD)
    assert read_fetches(path, "lineage") == RECORD
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_record_is_of_one_state(tmp_path: Path) -> None:
    path = tmp_path / "fetches.json"
    write_fetches(path, "lineage", RECORD)
    assert read_fetches(path, "another") == Fetches()


def test_two_records_are_one() -> None:
    other = Fetches({("db", "v1"): Fetch(NOW, LATER), ("db2", "v1"): Fetch(NOW, NOW)}, {"t1": LATER, "t2": NOW})
    joined = Fetches(
        {("db", "v1"): Fetch(LONG_AGO, LATER), ("db", "v2"): Fetch(NOW, NOW), ("db2", "v1"): Fetch(NOW, NOW)},
        {"t1": LATER, "t2": NOW},
    )
    assert RECORD.joined(other) == other.joined(RECORD) == joined
    assert RECORD.joined(Fetches()) == RECORD


def test_what_the_state_no_longer_has_is_left_out() -> None:
    shop = a_database("shop")
    state = a_state(
        databases=[shop],
        credentials=[a_credential("one", scope=[shop])],
        retired=[a_retired_credential("gone")],
        service_tokens=[a_service_token(shop, id="t1")],
    )
    once = Fetch(NOW, NOW)
    kept = {(shop.id, "v-one"): once, (shop.id, "v-gone"): once}
    record = Fetches({**kept, ("other", "v-one"): once, (shop.id, "v-none"): once}, {"t1": NOW, "t2": NOW})
    assert record.kept(state) == Fetches(kept, {"t1": NOW})


BROKEN = {
    "empty": "",
    "no JSON": "{",
    "a list": "[]",
    "another format": '{"format": 2}',
    "no rows": '{"format": 1, "lineage": "lineage"}',
    "a row without a time": '{"format": 1, "lineage": "lineage", "fetches": [{"database": "d", "version": "v"}], "tokens": []}',
    "a time without a zone": '{"format": 1, "lineage": "lineage", "fetches": [], '
    '"tokens": [{"token": "t", "last_at": "2026-01-31T12:00:00"}]}',
    "a number for a time": '{"format": 1, "lineage": "lineage", "fetches": [], "tokens": [{"token": "t", "last_at": 1}]}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_counts_as_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fetches.json"
    path.write_text(text, encoding="utf-8")
    assert read_fetches(path, "lineage") == Fetches()


def test_a_link_a_pipe_and_a_folder_are_not_read(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    write_fetches(real, "lineage", RECORD)
    (tmp_path / "link").symlink_to(real)
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", ".", "nowhere"):
        assert read_fetches(tmp_path / name, "lineage") == Fetches()


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fetches.json"
    write_fetches(path, "lineage", RECORD)
    monkeypatch.setattr("vzctl.store.fetch_record._LIMITS", Limits(size=10, depth=8, values=100))
    assert read_fetches(path, "lineage") == Fetches()


def test_the_file_names_ids_alone(tmp_path: Path) -> None:
    path = tmp_path / "fetches.json"
    write_fetches(path, "lineage", RECORD)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["fetches"][0] == {
        "database": "db",
        "version": "v1",
        "first_at": "2025-10-23T12:00:00Z",
        "last_at": "2026-01-31T12:00:00Z",
    }
    assert document["tokens"] == [{"token": "t1", "last_at": "2026-01-31T12:00:00Z"}]
