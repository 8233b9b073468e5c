"""Two stores are one when a canary that is written through one can be read through the other, whatever they say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.memory_store import MemoryStore
from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault.base import SecretItem
from vzctl.vault.canary import Canaries
from vzctl.vault.proof import share_items

FIRST = SecretItem("lineage", "credential", "version", "name")


@pytest.fixture
def canaries(tmp_path: Path) -> Canaries:
    return Canaries(tmp_path / "canaries")


def view(store: MemoryStore) -> MemoryStore:
    """Return another way to the same items."""
    other = MemoryStore()
    other.name = "view"
    other.items = store.items
    return other


class ReadOnly(MemoryStore):
    writable = False


class OneWay(MemoryStore):
    """Writes into one place and reads from another one."""

    def __init__(self, source: MemoryStore) -> None:
        super().__init__()
        self._source = source

    def read(self, item: SecretItem) -> Secret | None:
        return self._source.read(item)


class Garbled(MemoryStore):
    """Gives out the items of another store in another form."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__()
        self._store = store

    def read(self, item: SecretItem) -> Secret | None:
        found = self._store.read(item)
        return None if found is None else Secret(found.reveal()[::-1])


def test_two_ways_to_one_place_are_one_store(canaries: Canaries) -> None:
    store = MemoryStore()
    store.items[FIRST.path] = Secret("first")
    assert share_items(store, view(store), canaries)
    assert store.items == {FIRST.path: Secret("first")}, "the canary is gone again"


def test_two_places_with_the_same_description_are_two_stores(canaries: Canaries) -> None:
    assert not share_items(MemoryStore(), MemoryStore(), canaries)


def test_one_direction_is_enough(canaries: Canaries) -> None:
    store = MemoryStore()
    assert share_items(store, OneWay(store), canaries)
    assert share_items(OneWay(store), store, canaries)


def test_a_store_that_is_only_read_is_asked_for_what_the_other_one_writes(canaries: Canaries) -> None:
    store = MemoryStore()
    reader = ReadOnly()
    assert not share_items(reader, store, canaries)
    reader.items = store.items
    assert share_items(reader, store, canaries)


def test_another_text_at_an_address_that_nobody_knows_is_the_same_store(canaries: Canaries) -> None:
    store = MemoryStore()
    assert share_items(store, Garbled(store), canaries)


def test_a_store_that_fails_is_no_answer(canaries: Canaries) -> None:
    broken = MemoryStore()
    broken.fails_in = 0
    with pytest.raises(SecretStoreError):
        share_items(MemoryStore(), broken, canaries)
