"""A secret store in a dictionary, and a context around it: use cases run without files of secrets and without a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from tests.support.builders import NOW
from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.store.local_folder import LocalFolder
from vzctl.store.state_file import StateFile
from vzctl.store.state_store import StateStore
from vzctl.usecases.context import Context, Question
from vzctl.vault.base import SecretItem


class MemoryStore:
    """Keeps every promise of `SecretStore`; `fails_in` counts the calls until one fails, None for never."""

    name = "memory"
    writable = True
    is_beside_state = False

    def __init__(self) -> None:
        self.items: dict[str, Secret] = {}
        self.fails_in: int | None = None

    def describe(self) -> str:
        return "a dictionary of the test"

    def probe(self) -> None:
        self._count()

    def read(self, item: SecretItem) -> Secret | None:
        self._count()
        return self.items.get(item.path)

    def write(self, item: SecretItem, secret: Secret) -> None:
        self._count()
        self.items[item.path] = secret

    def delete(self, item: SecretItem) -> None:
        self._count()
        self.items.pop(item.path, None)

    def _count(self) -> None:
        if self.fails_in is None:
            return
        if self.fails_in == 0:
            raise SecretStoreError("the store of the test failed", code="SECRET_STORE_FAILED")
        self.fails_in -= 1


class Asked(list[str]):
    """Every question that was asked; each is answered with yes."""

    def __call__(self, question: Question) -> None:
        self.append(question.text)


def a_context(
    state_store: StateStore,
    store: MemoryStore,
    *,
    new_id: Callable[[], str],
    now: Callable[[], datetime] = lambda: NOW,
    confirm: Callable[[Question], None] | None = None,
    stop_requested: Callable[[], bool] = lambda: False,
    host: str = "workbench",
    local_folder: LocalFolder | None = None,
) -> Context:
    """Return the world of one command in a script that agrees to everything."""

    def not_done(title: str, lines: Sequence[str]) -> bool:
        return False

    return Context(
        state_store=state_store,
        local_folder=local_folder or local_folder_of(state_store),
        open_store=lambda: store,
        now=now,
        new_id=new_id,
        host=host,
        policy_days=90,
        confirm=confirm or Asked(),
        tell=lambda _: None,
        present=lambda _: None,
        ask_done=not_done,
        stop_requested=stop_requested,
    )


def local_folder_of(store: StateStore) -> LocalFolder:
    """Return the folder beside a state file; beside another store, one that does not exist."""
    return store.paths.local if isinstance(store, StateFile) else LocalFolder(Path("/dev/null/none"))
