"""The exec store on a real `pass`, with the commands of the documentation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.pass_store import PassStore
from tests.vault.contract import FIRST, SECOND, facts
from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault.exec_store import ExecStore


def exec_store(pass_store: PassStore) -> ExecStore:
    return ExecStore(pass_store.get, pass_store.set, pass_store.delete, environ=pass_store.environment)


def failure_of(call: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(SecretStoreError) as caught:
        call()
    return facts(caught.value)


@pytest.mark.slow
def test_the_life_of_two_secrets(pass_store: PassStore) -> None:
    """One test, because every call of gpg takes its time; the contract itself runs on quick programs."""
    store = exec_store(pass_store)
    awkward = "  пароль $(id) 'x' \"y\" \\ {item} %s"
    large = "0123456789abcdef" * 1024
    store.probe()
    assert pass_store.entries() == []
    assert store.read(FIRST) is None
    store.write(FIRST, Secret(awkward))
    store.write(FIRST, Secret(awkward))
    store.write(SECOND, Secret(large))
    assert pass_store.entries() == [FIRST.path, SECOND.path]
    assert pass_store.run("pass", "show", f"vzctl/{FIRST.path}") == awkward.encode()
    assert (store.read(FIRST), store.read(SECOND)) == (Secret(awkward), Secret(large))
    store.delete(FIRST)
    store.delete(FIRST)
    assert (store.read(FIRST), store.read(SECOND)) == (None, Secret(large))
    assert pass_store.entries() == [SECOND.path]


def test_a_value_that_a_person_typed_is_read_without_its_newline(pass_store: PassStore) -> None:
    pass_store.run("pass", "insert", "-m", f"vzctl/{FIRST.path}", stdin=b"typed\n")
    assert exec_store(pass_store).read(FIRST) == Secret("typed")


def test_a_lost_private_key_is_not_an_absent_item(pass_store: PassStore) -> None:
    store = exec_store(pass_store)
    store.write(FIRST, Secret("one"))
    store.probe()
    pass_store.lose_private_key()
    kind, code, message = failure_of(lambda: store.read(FIRST))
    assert (kind, code) == ("SecretStoreError", "SECRET_STORE_FAILED")
    assert message.startswith("the `get` command of the exec store (`pass`) ended with exit status 2 for `openai-prod`")
    assert "decryption failed" in message
    assert failure_of(exec_store(pass_store).probe)[1] == "SECRET_STORE_FAILED"
    assert pass_store.entries() == [FIRST.path]


def test_a_store_that_was_never_made_is_an_error(pass_store: PassStore) -> None:
    pass_store.environment["PASSWORD_STORE_DIR"] += "-elsewhere"
    assert failure_of(exec_store(pass_store).probe) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        (
            "the `set` command of the exec store (`pass`) ended with exit status 1 for `canary`:"
            " Error: You must run: pass init your-gpg-id before you may use the password store."
        ),
    )
