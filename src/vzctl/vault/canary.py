"""Canaries: worthless secrets that prove a store. One that is in a store is on record, so that a crash leaves none unseen."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault.base import SecretItem, SecretStore

PREFIX: Final = "canary-"
LONGEST_NAME: Final = 64
"""Characters: more than any store's name has."""


class Canaries:
    """A record for every canary that may be in a store: a file named like it, locked by the process that tests the store.

    A record that nobody locks was left by a crash or a failure; the next test uses its canary again, so that records do
    not pile up where a store keeps failing. Without a folder, or where it cannot be written, nothing is recorded: the test
    of a store must not fail because of it.
    """

    def __init__(self, folder: Path | None = None, *, before_write: Callable[[], None] = lambda: None) -> None:
        self._folder = folder
        self._before_write = before_write

    @contextmanager
    def drawn(self, store_name: str) -> Iterator[tuple[SecretItem, Secret]]:
        """Yield an item that no other process uses, and a value for it; it stays on record unless the block succeeds.

        The address is random, so that two processes that test one store at once do not meet. `before_write` may refuse
        the folder.
        """
        self._before_write()
        with self._taken(store_name) as record:
            word = record.name if record is not None else _new_word()
            yield _item(word), Secret(_new_word())
            if record is not None:
                _forget(record)

    def clear(self, store: SecretStore) -> None:
        """Delete from a store that works what crashes have left in it; what cannot be deleted now stays on record."""
        self._before_write()
        for record in self._left_behind():
            with _locked(record, store.name) as is_left, suppress(SecretStoreError):
                if is_left:
                    store.delete(_item(record.name))
                    _forget(record)

    @contextmanager
    def _taken(self, store_name: str) -> Iterator[Path | None]:
        """Yield a record that this process holds: one that was left behind, or a new one; None where none can be made."""
        with ExitStack() as locks:
            for record in self._left_behind():
                if locks.enter_context(_locked(record, store_name)):
                    yield record
                    return
            made = self._new_record(store_name)
            is_held = made is not None and locks.enter_context(_locked(made, store_name))
            yield made if is_held else None

    def _left_behind(self) -> list[Path]:
        if self._folder is None:
            return []
        try:
            return sorted(path for path in self._folder.iterdir() if path.name.startswith(PREFIX))
        except OSError:
            return []

    def _new_record(self, store_name: str) -> Path | None:
        if self._folder is None or not self._folder.parent.is_dir():
            return None
        record = self._folder / _new_word()
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with record.open("x", encoding="utf-8") as file:
                file.write(store_name)
        except OSError:
            _forget(record)
            return None
        return record


@contextmanager
def _locked(record: Path, store_name: str) -> Iterator[bool]:
    """Hold the lock of a record, and yield whether that succeeded and its canary is of this store."""
    with ExitStack() as opened:
        try:
            # The folder may have come with a cloned repository: no link is followed, and a pipe or a device is no record.
            descriptor = os.open(record, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            file = opened.enter_context(os.fdopen(descriptor, encoding="utf-8"))
            is_plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # An empty record: killed before the name was written, so no store has its canary.
            is_ours = is_plain and file.read(LONGEST_NAME) in (store_name, "") and record.exists()
        except (OSError, ValueError):
            is_ours = False
        yield is_ours


def _new_word() -> str:
    return f"{PREFIX}{secrets.token_hex(8)}"


def _item(word: str) -> SecretItem:
    return SecretItem(word, word, word, "canary")


def _forget(record: Path) -> None:
    with suppress(OSError):
        record.unlink()
