"""Keys in memory, for exactly as long as the state says that they are in force; and the store that may hang."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from vzctl.bounded_call import in_thread
from vzctl.domain.state.records import Credential
from vzctl.domain.state.state import State
from vzctl.errors import SecretStoreError, VzctlError
from vzctl.secret import Secret
from vzctl.usecases.keys.version import NOT_HELD
from vzctl.usecases.serve.credential import Directory, Granted

READERS_AT_MOST: Final = 16
GIVEN_UP_AFTER_SECONDS: Final = 35.0
"""Longer than any store bounds itself; a reading that takes longer is left to itself and begun again."""
OF_ONE_CREDENTIAL: Final = frozenset({NOT_HELD, "SECRET_DIFFERS"})
"""Failures of one key; every other one is the store's."""

Place = tuple[str, str, str]
"""Lineage, credential and version: what makes one key."""
Read = Callable[[State, Credential, str], Secret]


class SecretCache:
    """Reads each key once, however many requests wait for it."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._kept: dict[Place, Secret] = {}
        self._wanted: frozenset[Place] = frozenset()
        self._reading: dict[Place, tuple[float, asyncio.Task[Secret]]] = {}
        self._readers = 0
        self.store_trouble: str | None = None
        self.store_message: str | None = None
        self.key_troubles: dict[Place, str] = {}
        self.was_read = False

    def __len__(self) -> int:
        return len(self._kept)

    def follow(self, directory: Directory) -> None:
        """Forget every key that is no longer in force."""
        state = directory.state
        self._wanted = frozenset(
            (state.lineage, item.id, item.current) for item in state.credentials if item.current is not None
        )
        self._kept = {place: secret for place, secret in self._kept.items() if place in self._wanted}
        self.key_troubles = {place: code for place, code in self.key_troubles.items() if place in self._wanted}

    def kept(self, state: State, granted: Granted) -> Secret | None:
        """Return the key when it is in memory."""
        return self._kept.get((state.lineage, granted.credential.id, granted.version))

    async def get(self, state: State, granted: Granted) -> Secret:
        """Return the key; raise `SecretStoreError`. The caller bounds the wait, the reading goes on without it."""
        place = (state.lineage, granted.credential.id, granted.version)
        kept = self._kept.get(place)
        if kept is not None:
            return kept
        now = asyncio.get_running_loop().time()
        begun, task = self._reading.get(place, (0.0, None))
        if task is None or begun + GIVEN_UP_AFTER_SECONDS < now:
            task = asyncio.create_task(self._fetch(place, state, granted))
            self._reading[place] = (now, task)
            task.add_done_callback(lambda done: self._end(place, done))
        return await asyncio.shield(task)

    async def _fetch(self, place: Place, state: State, granted: Granted) -> Secret:
        if self._readers >= READERS_AT_MOST:
            error = SecretStoreError("too many readings hang in the secret store", code="SECRET_STORE_TIMEOUT")
            self.store_failed(error)
            raise error
        self._readers += 1
        try:
            secret = await in_thread(lambda: self._read(state, granted.credential, granted.version), self._leave)
        except VzctlError as error:
            if error.code in OF_ONE_CREDENTIAL:
                self.store_answered()
                self.key_troubles[place] = error.code
            else:
                self.store_failed(error)
            raise
        self.store_answered()
        self.key_troubles.pop(place, None)
        if place in self._wanted:
            self._kept[place] = secret
        return secret

    def store_answered(self) -> None:
        """Forget the trouble there was with the store."""
        self.store_trouble = self.store_message = None
        self.was_read = True

    def store_failed(self, error: VzctlError) -> None:
        """Remember what is wrong with the store, and the store's own reason, which has no secret in it."""
        self.store_trouble, self.store_message = error.code, error.message

    def _leave(self) -> None:
        self._readers -= 1

    def _end(self, place: Place, task: asyncio.Task[Secret]) -> None:
        if self._reading.get(place, (0.0, None))[1] is task:
            del self._reading[place]
        if not task.cancelled():
            task.exception()  # whoever waited has seen it; nobody may be waiting any more
