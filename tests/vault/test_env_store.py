"""The environment as a store that vzctl only reads."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.vault.contract import FIRST, SECOND, ReadContract, StoreHolding, facts
from vzctl.command import Command, NextStep, suggest
from vzctl.errors import SecretStoreError, UsageError
from vzctl.secret import Secret
from vzctl.vault.base import SecretItem, SecretStore
from vzctl.vault.env_store import EnvStore

VARIABLES = {FIRST.credential_name: "OPENAI_API_KEY", SECOND.credential_name: "SECOND_KEY"}


class TestEnvStore(ReadContract):
    name = "env"
    writable = False

    @pytest.fixture
    def store_holding(self) -> StoreHolding:
        def fill(items: Mapping[SecretItem, str]) -> SecretStore:
            return EnvStore(VARIABLES, {VARIABLES[item.credential_name]: text for item, text in items.items()})

        return fill


def _test_of(store: str) -> Command:
    return Command("secrets test", environment=(("VZCTL_SECRET_STORE", store),))


def failure_of(store: SecretStore) -> tuple[str, str, str]:
    with pytest.raises(SecretStoreError) as caught:
        store.read(FIRST)
    return facts(caught.value)


def test_a_credential_without_a_variable_is_not_held() -> None:
    assert EnvStore({}, {"OPENAI_API_KEY": "x"}).read(FIRST) is None


@pytest.mark.parametrize(("text", "secret"), [("key\n", "key"), ("key\n\n", "key\n"), ("\nkey", "\nkey")])
def test_one_trailing_newline_is_not_part_of_the_secret(text: str, secret: str) -> None:
    assert EnvStore(VARIABLES, {"OPENAI_API_KEY": text}).read(FIRST) == Secret(secret)


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_variable_is_an_error(text: str) -> None:
    assert failure_of(EnvStore(VARIABLES, {"OPENAI_API_KEY": text})) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        "the env store has no usable secret of `openai-prod`: `OPENAI_API_KEY` is set and empty",
    )


def test_bytes_that_are_no_text_are_an_error() -> None:
    assert failure_of(EnvStore(VARIABLES, {"OPENAI_API_KEY": "key-\udcff"})) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        "the env store has no usable secret of `openai-prod`: `OPENAI_API_KEY` is not UTF-8 text",
    )


def test_writing_and_deleting_name_the_stores_that_can() -> None:
    store = EnvStore(VARIABLES, {"OPENAI_API_KEY": "key"})
    ways_on = (
        NextStep(
            Command("secrets test", environment=(("VZCTL_SECRET_STORE", "keyring"),)),
            "try the keyring of the operating system",
        ),
        NextStep(
            Command("secrets test", environment=(("VZCTL_SECRET_STORE", "exec"),)),
            "try a password manager, set up in [secrets.exec]",
        ),
        suggest("secrets identity ~/identity.txt", comment="set up age files, which need no daemon; fit for CI"),
    )
    with pytest.raises(SecretStoreError) as caught:
        store.write(FIRST, Secret("new"))
    assert (facts(caught.value), caught.value.next_steps) == (
        (
            "SecretStoreError",
            "SECRET_STORE_READ_ONLY",
            "the env store cannot keep a secret of `openai-prod`; stores that can: `keyring`, `exec`, `file`",
        ),
        ways_on,
    )
    with pytest.raises(SecretStoreError) as caught:
        store.delete(FIRST)
    assert (facts(caught.value), caught.value.next_steps) == (
        (
            "SecretStoreError",
            "SECRET_STORE_READ_ONLY",
            "the env store cannot delete the secret of `openai-prod`; stores that can: `keyring`, `exec`, `file`",
        ),
        ways_on,
    )


@pytest.mark.parametrize(
    "variable", ["", "sk-proj-abc", "A B", "A=B", "1A", "hf_AbCdEfGhIjKlMnOpQrStUv0123456789", "A\n"]
)
def test_something_else_than_a_name_is_refused_and_not_repeated(variable: str) -> None:
    with pytest.raises(UsageError) as caught:
        EnvStore({"openai-prod": variable}, {})
    assert facts(caught.value) == (
        "UsageError",
        "CONFIG_INVALID",
        "[secrets.env] gives `openai-prod` something that is not the name of a variable",
    )


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "environment variables of 0 credentials, read only"),
        ({"a": "A"}, "environment variables of 1 credential, read only"),
        ({"a": "A", "b": "B"}, "environment variables of 2 credentials, read only"),
    ],
)
def test_describes_how_many_credentials_it_knows(variables: dict[str, str], words: str) -> None:
    assert EnvStore(variables, {}).describe() == words
