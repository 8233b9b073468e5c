"""Keys in memory, for exactly as long as the state says that they are in force; and the store that may hang."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from vzctl.domain.records import Credential
from vzctl.domain.state import State
from vzctl.errors import SecretStoreError, VzctlError
from vzctl.secret import Secret
from vzctl.service.threads import in_thread
from vzctl.usecases.secret_version import store_item
from vzctl.usecases.serve_credential import Directory, Granted

READERS_AT_MOST: Final = 16
GIVEN_UP_AFTER_SECONDS: Final = 35.0
"""Longer than any store bounds itself; a reading that takes longer is left to itself and begun again."""
OF_ONE_CREDENTIAL: Final = frozenset({"SECRET_NOT_HELD", "SECRET_DIFFERS"})
"""Failures of one key; every other one is the store's."""

Read = Callable[[State, Credential, str], Secret]


class SecretCache:
    """Reads each key once, however many requests wait for it."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._kept: dict[str, Secret] = {}
        self._wanted: frozenset[str] = frozenset()
        self._reading: dict[str, tuple[float, asyncio.Task[Secret]]] = {}
        self._readers = 0
        self.store_trouble: str | None = None
        self.key_troubles: dict[str, str] = {}
        self.was_read = False

    def __len__(self) -> int:
        return len(self._kept)

    def follow(self, directory: Directory) -> None:
        """Forget every key that is no longer in force."""
        state = directory.state
        self._wanted = frozenset(
            store_item(state, item, item.current).path for item in state.credentials if item.current is not None
        )
        self._kept = {path: secret for path, secret in self._kept.items() if path in self._wanted}
        self.key_troubles = {path: code for path, code in self.key_troubles.items() if path in self._wanted}

    def kept(self, state: State, granted: Granted) -> Secret | None:
        """Return the key when it is in memory."""
        return self._kept.get(store_item(state, granted.credential, granted.version).path)

    async def get(self, state: State, granted: Granted) -> Secret:
        """Return the key; raise `SecretStoreError`. The caller bounds the wait, the reading goes on without it."""
        path = store_item(state, granted.credential, granted.version).path
        kept = self._kept.get(path)
        if kept is not None:
            return kept
        now = asyncio.get_running_loop().time()
        begun, task = self._reading.get(path, (0.0, None))
        if task is None or begun + GIVEN_UP_AFTER_SECONDS < now:
            task = asyncio.create_task(self._fetch(path, state, granted))
            self._reading[path] = (now, task)
            task.add_done_callback(lambda done: self._end(path, done))
        return await asyncio.shield(task)

    async def _fetch(self, path: str, state: State, granted: Granted) -> Secret:
        if self._readers >= READERS_AT_MOST:
            self.store_trouble = "SECRET_STORE_TIMEOUT"
            raise SecretStoreError("too many readings hang in the secret store", code="SECRET_STORE_TIMEOUT")
        self._readers += 1
        try:
            secret = await in_thread(lambda: self._read(state, granted.credential, granted.version), self._leave)
        except VzctlError as error:
            if error.code in OF_ONE_CREDENTIAL:
                self.store_trouble, self.was_read = None, True
                self.key_troubles[path] = error.code
            else:
                self.store_trouble = error.code
            raise
        self.store_trouble, self.was_read = None, True
        self.key_troubles.pop(path, None)
        if path in self._wanted:
            self._kept[path] = secret
        return secret

    def _leave(self) -> None:
        self._readers -= 1

    def _end(self, path: str, task: asyncio.Task[Secret]) -> None:
        if self._reading.get(path, (0.0, None))[1] is task:
            del self._reading[path]
        if not task.cancelled():
            task.exception()  # whoever waited has seen it; nobody may be waiting any more
