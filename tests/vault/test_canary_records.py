"""The records of canaries: what a crash or a failure left in a store is known, and the next test of the store removes it."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault.base import SecretItem
from vzctl.vault.canary import Canaries
from vzctl.vault.proof import prove_with_canary


class Memory:
    """A store in memory; `fails` names the calls that fail."""

    name = "memory"
    writable = True
    is_beside_state = False

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.fails: set[str] = set()

    def describe(self) -> str:
        return "memory"

    def probe(self) -> None:
        raise NotImplementedError

    def read(self, item: SecretItem) -> Secret | None:
        self._answer("read")
        return Secret(self.held[item.path]) if item.path in self.held else None

    def write(self, item: SecretItem, secret: Secret) -> None:
        self._answer("write")
        self.held[item.path] = secret.reveal()

    def delete(self, item: SecretItem) -> None:
        self._answer("delete")
        self.held.pop(item.path, None)

    def _answer(self, call: str) -> None:
        if call in self.fails:
            raise SecretStoreError(f"{call} failed", code="SECRET_STORE_FAILED")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "canaries"


def left_by_a_crash(folder: Path, store: Memory, word: str, name: str = "memory") -> None:
    """Leave a canary in the store, and its record, as a killed process does."""
    folder.mkdir(exist_ok=True)
    (folder / word).write_text(name)
    store.held[f"{word}/{word}/{word}"] = "canary-value"


def records(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_canary_is_on_record_while_it_is_in_the_store(folder: Path) -> None:
    with Canaries(folder).drawn("memory") as (item, _):
        assert [f"{word}/{word}/{word}" for word in records(folder)] == [item.path]
        assert (folder / item.lineage).read_text() == "memory"
    assert records(folder) == []


def test_two_tests_of_a_store_at_once_have_two_canaries(folder: Path) -> None:
    canaries = Canaries(folder)
    with canaries.drawn("memory") as (first, _), canaries.drawn("memory") as (second, _):
        assert first != second
        assert len(records(folder)) == 2
    assert records(folder) == []


def test_what_crashes_left_is_deleted_by_the_next_test(folder: Path) -> None:
    store = Memory()
    for word in ("canary-1", "canary-2", "canary-3"):
        left_by_a_crash(folder, store, word)
    prove_with_canary(store, Canaries(folder))
    assert (store.held, records(folder)) == ({}, [])


def test_a_record_without_its_store_s_name_had_no_canary_yet(folder: Path) -> None:
    store = Memory()
    folder.mkdir()
    (folder / "canary-1").touch()
    prove_with_canary(store, Canaries(folder))
    assert records(folder) == []


def test_the_canary_of_a_living_process_stays(folder: Path) -> None:
    store = Memory()
    left_by_a_crash(folder, store, "canary-1")
    with (folder / "canary-1").open() as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        prove_with_canary(store, Canaries(folder))
        assert (list(store.held), records(folder)) == (["canary-1/canary-1/canary-1"], ["canary-1"])


def test_the_canary_in_another_store_stays_on_record(folder: Path) -> None:
    store = Memory()
    left_by_a_crash(folder, Memory(), "canary-1", name="keyring")
    prove_with_canary(store, Canaries(folder))
    assert records(folder) == ["canary-1"]


def test_a_store_that_keeps_failing_piles_up_no_records(folder: Path) -> None:
    store = Memory()
    store.fails = {"delete"}
    for _ in range(3):
        with pytest.raises(SecretStoreError):
            prove_with_canary(store, Canaries(folder))
    assert len(records(folder)) == 1
    assert [f"{word}/{word}/{word}" for word in records(folder)] == list(store.held)
    store.fails = set()
    prove_with_canary(store, Canaries(folder))
    assert (store.held, records(folder)) == ({}, [])


def test_what_cannot_be_deleted_now_stays_on_record(folder: Path) -> None:
    store = Memory()
    left_by_a_crash(folder, store, "canary-1")
    store.fails = {"delete"}
    Canaries(folder).clear(store)
    assert (list(store.held), records(folder)) == (["canary-1/canary-1/canary-1"], ["canary-1"])


@pytest.mark.parametrize("place", ["", "missing/canaries", "file/canaries"])
def test_a_store_is_tested_where_nothing_can_be_recorded_too(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Memory()
    prove_with_canary(store, Canaries(tmp_path / place if place else None))
    assert store.held == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
