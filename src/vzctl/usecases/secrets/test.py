"""`vzctl secrets test`: whether the secret store works."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class StoreTest:
    """The store answered: a canary was written, read back and deleted (a read-only store: was readable)."""

    store: str
    description: str
    writable: bool


def test_store(context: Context) -> Outcome[StoreTest]:
    """Probe the store; raise `SecretStoreError` when it does not do what it must."""
    store = context.store()
    store.probe()
    proof = "a test item was written, read back and deleted" if store.writable else "it can be read"
    data = StoreTest(store.name, store.describe(), store.writable)
    return Outcome(data=data, summary=(f'the secret store "{store.name}" answers: {proof}',))
