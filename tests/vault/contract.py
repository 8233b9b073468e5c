"""What every secret store keeps, whatever lies behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from vzctl.errors import VzctlError
from vzctl.secret import Secret
from vzctl.vault.base import SecretItem, SecretStore

LINEAGE = "3f0c0a1e-6f0e-4b52-9d9c-7a1f0f3f2b11"
FIRST = SecretItem(LINEAGE, "c-1", "v-1", "openai-prod")
SECOND = SecretItem(LINEAGE, "c-2", "v-1", "openai_test.2")
NEXT_VERSION = SecretItem(LINEAGE, "c-1", "v-2", "openai-prod")

AWKWARD = {
    "plain": "sk-proj-0123456789abcdef",
    "shell": "$(touch /tmp/x) `id` ; & | > \\ ! * ? ~ {item} %s %(a)s",
    "quotes": "'\"\"'",
    "spaces around": "  a b\t ",
    "looks like an option": "--help",
    "unicode": "пароль-密码-🔑-e\u0301",
    "line inside": "first\nsecond",
    "json": '{"type": "service_account", "key": "-----BEGIN\\nEND-----\\n"}',
    "one character": "x",
    "16 KiB": "0123456789abcdef" * 1024,
}

StoreHolding = Callable[[Mapping[SecretItem, str]], SecretStore]


def facts(error: VzctlError) -> tuple[str, str, str]:
    """Return what a user can see of an error, to be compared as a whole."""
    return type(error).__name__, error.code, error.message


class ReadContract:
    """For every store; subclasses say how the store comes to hold something."""

    name: str
    writable: bool

    @pytest.fixture
    def store_holding(self) -> StoreHolding:
        raise NotImplementedError

    @pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
    def test_gives_back_the_same_characters(self, store_holding: StoreHolding, text: str) -> None:
        assert store_holding({FIRST: text}).read(FIRST) == Secret(text)

    def test_tells_two_items_apart(self, store_holding: StoreHolding) -> None:
        store = store_holding({FIRST: "one", SECOND: "two"})
        assert (store.read(FIRST), store.read(SECOND)) == (Secret("one"), Secret("two"))

    def test_answers_none_for_what_it_does_not_hold(self, store_holding: StoreHolding) -> None:
        assert store_holding({FIRST: "one"}).read(SECOND) is None

    def test_answers_none_when_it_holds_nothing(self, store_holding: StoreHolding) -> None:
        assert store_holding({}).read(FIRST) is None

    def test_passes_its_own_probe(self, store_holding: StoreHolding) -> None:
        store_holding({FIRST: "one"}).probe()

    def test_describes_itself_in_one_line_without_a_secret(self, store_holding: StoreHolding) -> None:
        store = store_holding({FIRST: "a-secret-text"})
        assert (store.name, store.writable) == (self.name, self.writable)
        assert store.describe().isprintable()
        assert "a-secret-text" not in store.describe()


class WriteContract(ReadContract):
    """For every store that vzctl writes."""

    writable = True

    @pytest.fixture
    def store(self) -> SecretStore:
        raise NotImplementedError

    @pytest.fixture
    def contents(self) -> Callable[[], object]:
        """Return a function that looks into the store past vzctl."""
        raise NotImplementedError

    @pytest.fixture
    def store_holding(self, store: SecretStore) -> StoreHolding:
        def fill(items: Mapping[SecretItem, str]) -> SecretStore:
            for item, text in items.items():
                store.write(item, Secret(text))
            return store

        return fill

    def test_writes_the_same_value_again(self, store: SecretStore) -> None:
        store.write(FIRST, Secret("one"))
        store.write(FIRST, Secret("one"))
        assert store.read(FIRST) == Secret("one")

    def test_writes_another_value_over_it(self, store: SecretStore) -> None:
        store.write(FIRST, Secret("a longer value than the second"))
        store.write(FIRST, Secret("two"))
        assert store.read(FIRST) == Secret("two")

    def test_keeps_versions_of_one_credential_apart(self, store: SecretStore) -> None:
        store.write(FIRST, Secret("one"))
        store.write(NEXT_VERSION, Secret("two"))
        assert (store.read(FIRST), store.read(NEXT_VERSION)) == (Secret("one"), Secret("two"))

    def test_deletes_one_and_keeps_the_others(self, store: SecretStore) -> None:
        for item in (FIRST, SECOND, NEXT_VERSION):
            store.write(item, Secret(f"of {item.path}"))
        store.delete(FIRST)
        assert [store.read(item) for item in (FIRST, SECOND, NEXT_VERSION)] == [
            None,
            Secret(f"of {SECOND.path}"),
            Secret(f"of {NEXT_VERSION.path}"),
        ]

    def test_deletes_what_is_not_there(self, store: SecretStore) -> None:
        store.delete(FIRST)
        store.write(FIRST, Secret("one"))
        store.delete(FIRST)
        store.delete(FIRST)
        assert store.read(FIRST) is None

    def test_writes_again_after_a_deletion(self, store: SecretStore) -> None:
        store.write(FIRST, Secret("one"))
        store.delete(FIRST)
        store.write(FIRST, Secret("two"))
        assert store.read(FIRST) == Secret("two")

    def test_probe_leaves_nothing_behind(self, store: SecretStore, contents: Callable[[], object]) -> None:
        store.write(FIRST, Secret("one"))
        before = contents()
        store.probe()
        assert contents() == before

    @pytest.mark.parametrize("word", ["..", ".", "", "a/b", "-f", "a\nb", "a b", "é", "a" * 101])
    @pytest.mark.parametrize("place", ["lineage", "credential_id", "version_id"])
    def test_refuses_an_address_that_could_lead_elsewhere(
        self, store: SecretStore, contents: Callable[[], object], place: str, word: str
    ) -> None:
        parts = {"lineage": "l", "credential_id": "c", "version_id": "v", place: word}
        item = SecretItem(**parts, credential_name="openai-prod")
        before = contents()
        actions: list[Callable[[], object]] = [
            lambda: store.write(item, Secret("one")),
            lambda: store.read(item),
            lambda: store.delete(item),
        ]
        for action in actions:
            with pytest.raises(VzctlError) as caught:
                action()
            assert facts(caught.value) == (
                "SecretStoreError",
                "SECRET_STORE_FAILED",
                f"the address of a secret of `openai-prod` has a part that no store may see: {word!a}",
            )
        assert contents() == before
