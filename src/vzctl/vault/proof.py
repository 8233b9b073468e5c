"""Never believe a store: what it was told is read back."""

from __future__ import annotations

from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault import codes
from vzctl.vault.base import SecretItem, SecretStore
from vzctl.vault.canary import Canaries
from vzctl.vault.failure import store_failure


def prove_written(store: SecretStore, item: SecretItem, secret: Secret) -> None:
    """Raise unless the store answers with exactly `secret`."""
    held = store.read(item)
    if held is None:
        raise store_failure(
            store.name,
            codes.READ_BACK_DIFFERS,
            f"the {store.name} store accepted the secret of `{item.credential_name}` and does not hold it",
        )
    if held != secret:
        raise store_failure(
            store.name,
            codes.READ_BACK_DIFFERS,
            f"the {store.name} store gives back another secret than was written for `{item.credential_name}`",
        )


def prove_deleted(store: SecretStore, item: SecretItem) -> None:
    """Raise unless the store answers that it does not hold `item`."""
    if store.read(item) is not None:
        raise store_failure(
            store.name,
            codes.DELETE_FAILED,
            f"the {store.name} store still gives out a deleted secret of `{item.credential_name}`",
        )


def prove_with_canary(store: SecretStore, canaries: Canaries) -> None:
    """Write, read back and delete a canary; `write` and `delete` of every store check their own outcome.

    Then delete those that crashes have left.
    """
    with canaries.drawn(store.name) as (item, canary):
        try:
            store.write(item, canary)
        except SecretStoreError as error:
            if error.code == codes.READ_BACK_DIFFERS:
                remove_quietly(store, item)
            raise
        store.delete(item)
    canaries.clear(store)


def share_items(first: SecretStore, second: SecretStore, canaries: Canaries) -> bool:
    """Whether a canary that is written through one of two stores can be read through the other.

    Their descriptions do not show it: a program of the `exec` store may keep its items where the `file` store does. Any answer
    counts, also another text: an address that was made up this moment is known to nobody else.
    """
    for writer, reader in ((first, second), (second, first)):
        if writer.writable:
            with canaries.drawn(writer.name) as (item, canary):
                writer.write(item, canary)
                seen = reader.read(item)
                writer.delete(item)
            if seen is not None:
                return True
    return False


def remove_quietly(store: SecretStore, item: SecretItem) -> None:
    """Try to leave no canary behind in a store that lies; what counts is the error that showed the lie."""
    try:
        store.delete(item)
    except SecretStoreError:
        return
