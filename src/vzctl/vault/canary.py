"""Canaries: worthless secrets that prove a store. One that is in a store is on record, so that a crash leaves none unseen."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault.base import SecretItem, SecretStore

PREFIX: Final = "canary-"


class Canaries:
    """A record for every canary that may be in a store: a file named like it, locked by the process that tests the store.

    A record that nobody locks was left by a crash. Without a folder, or where it cannot be written, nothing is recorded:
    the test of a store must not fail because of it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @contextmanager
    def drawn(self, store_name: str) -> Iterator[tuple[SecretItem, Secret]]:
        """Yield an item that nobody ever wrote, and a value for it; it is on record inside the block.

        The address is random, so that two processes that test one store at once do not meet.
        """
        word = f"{PREFIX}{secrets.token_hex(8)}"
        descriptor = self._record(word, store_name)
        try:
            yield _item(word), Secret(f"{PREFIX}{secrets.token_hex(16)}")
        finally:
            if descriptor is not None and self._folder is not None:
                _forget(self._folder / word)
                os.close(descriptor)

    def clear(self, store: SecretStore) -> None:
        """Delete from a store that works what crashes have left in it; what cannot be deleted now stays on record."""
        for record in self._left_behind():
            try:
                descriptor = os.open(record, os.O_RDWR | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Of another store, or killed before the name was written: then there is no canary either.
                if os.read(descriptor, 100).decode() in (store.name, ""):
                    store.delete(_item(record.name))
                    _forget(record)
            except (OSError, ValueError, SecretStoreError):
                continue
            finally:
                os.close(descriptor)

    def _left_behind(self) -> list[Path]:
        if self._folder is None:
            return []
        try:
            return sorted(path for path in self._folder.iterdir() if path.name.startswith(PREFIX))
        except OSError:
            return []

    def _record(self, word: str, store_name: str) -> int | None:
        """Return the descriptor that holds the record's lock."""
        if self._folder is None or not self._folder.parent.is_dir():
            return None
        descriptor = None
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(self._folder / word, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, store_name.encode())
        except OSError:
            if descriptor is not None:
                os.close(descriptor)
                _forget(self._folder / word)
            return None
        return descriptor


def _item(word: str) -> SecretItem:
    return SecretItem(word, word, word, "canary")


def _forget(record: Path) -> None:
    with suppress(OSError):
        record.unlink()
