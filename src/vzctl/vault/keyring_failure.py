"""What an exception of the `keyring` library, or of what lies under it, means."""

from __future__ import annotations

from typing import Final

from vzctl.errors import SecretStoreError
from vzctl.vault import codes
from vzctl.vault.failure import store_failure
from vzctl.vault.keyring_backend import qualified_names

ABSENT_OR_NOT_DELETED: Final = "keyring.errors.PasswordDeleteError"
"""Backends raise it when there was nothing to delete and when deleting failed."""

LOCKED: Final = frozenset(
    {
        "keyring.errors.KeyringLocked",
        "secretstorage.exceptions.LockedException",
        "secretstorage.exceptions.PromptDismissedException",
    }
)
UNREACHABLE: Final = frozenset(
    {
        "keyring.errors.InitError",
        "keyring.errors.NoKeyringError",
        "secretstorage.exceptions.SecretServiceNotAvailableException",
        "builtins.ConnectionError",
        "builtins.FileNotFoundError",
    }
)


def keyring_failure(error: BaseException, doing: str) -> SecretStoreError:
    """Return the error to raise for `error`; of a foreign one only the class is shown, its text could hold a secret."""
    if isinstance(error, SecretStoreError):
        return error
    names = frozenset(qualified_names(type(error)))
    kind = type(error).__name__
    if names & LOCKED:
        message = f"the keyring is locked and was not unlocked while {doing}: `{kind}`"
        return store_failure("keyring", codes.LOCKED, message)
    if names & UNREACHABLE:
        return store_failure("keyring", codes.MISSING, f"no keyring answers while {doing}: `{kind}`")
    return store_failure("keyring", codes.FAILED, f"the keyring failed while {doing}: `{kind}`")


def is_delete_error(error: BaseException) -> bool:
    """Tell the error that says either 'was not there' or 'could not': only a read can tell which."""
    return ABSENT_OR_NOT_DELETED in qualified_names(type(error))
