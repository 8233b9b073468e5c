"""Errors of secret stores, each with the ways on."""

from __future__ import annotations

from typing import Final

from vzctl.command import Command, NextStep, suggest
from vzctl.errors import SecretStoreError
from vzctl.vault import codes

TEST_AGAIN: Final = suggest("secrets test", comment="write, read and delete a test value in the configured store")

_TEST_KEYRING, _TEST_EXEC, _TEST_ENV = (
    Command("secrets test", environment=(("VZCTL_SECRET_STORE", name),)) for name in ("keyring", "exec", "env")
)

OTHER_STORES: Final = {
    "keyring": NextStep(_TEST_KEYRING, "try the keyring of the operating system"),
    "exec": NextStep(_TEST_EXEC, "try a password manager, set up in [secrets.exec]"),
    "file": suggest("secrets identity ~/identity.txt", comment="set up age files, which need no daemon; fit for CI"),
    "env": NextStep(_TEST_ENV, "try variables named in [secrets.env]; read only"),
}
"""There is no silent fallback: every other store is offered, none is taken."""


def store_failure(store_name: str, code: str, message: str, *first_steps: NextStep) -> SecretStoreError:
    """Return the error of the store `store_name`; `first_steps` come before the test and the other stores."""
    others = tuple(step for name, step in OTHER_STORES.items() if name != store_name)
    return SecretStoreError(
        message, code=code, next_steps=(*first_steps, TEST_AGAIN, *others), retryable=code == codes.TIMEOUT
    )


def read_only_failure(message: str) -> SecretStoreError:
    """Return the refusal of a store that vzctl only reads; only stores that can write are offered."""
    able = tuple(OTHER_STORES[name] for name in ("keyring", "exec", "file"))
    message = f"{message}; stores that can: `keyring`, `exec`, `file`"
    return SecretStoreError(message, code=codes.READ_ONLY, next_steps=able)
