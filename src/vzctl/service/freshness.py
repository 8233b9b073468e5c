"""The state as it is now: looked at on every request, read again when another one is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vzctl.bounded_call import in_thread
from vzctl.domain.catalog.service import require_local
from vzctl.domain.state.state import State
from vzctl.errors import VzctlError
from vzctl.service.log import ServiceLog
from vzctl.store.state_store import StateStore
from vzctl.usecases.serve.credential import Directory


class LiveState:
    """The last good state. One that is broken, gone or of the other plane leaves it in force and sets `trouble`.

    The store is opened anew for each reading: a path may be a link that leads somewhere else by then.
    """

    def __init__(
        self, open_state: Callable[[], StateStore], log: ServiceLog, on_change: Callable[[Directory], None]
    ) -> None:
        self._open_state = open_state
        self._stamp = open_state().stamp
        self._log = log
        self._on_change = on_change
        self._reading: asyncio.Task[None] | None = None
        self._seen = self._stamp()
        self.directory = Directory(self._read())
        self.trouble: str | None = None
        on_change(self.directory)

    @property
    def is_fresh(self) -> bool:
        """Whether what is stored is what was read last."""
        return self._stamp() == self._seen

    async def refresh(self) -> None:
        """Read the state again when it is another one; whoever waits bounds the wait, the reading goes on without it.

        A reading that was under way may have begun before the change that this request must see; the next one cannot.
        """
        for _ in range(2):
            if self.is_fresh:
                return
            was_under_way = self._reading is not None
            if self._reading is None:
                self._reading = asyncio.create_task(self._read_again())
            await asyncio.shield(self._reading)
            if not was_under_way:
                return

    async def _read_again(self) -> None:
        # Looked at before the reading: a state that changes in between is read again by the next request.
        stamp = self._stamp()
        try:
            directory = await in_thread(lambda: Directory(self._read()))
        except VzctlError as error:
            self._seen, self.trouble = stamp, error.code
            self._log.error("state_not_usable", code=error.code, message=error.message, serving_serial=self.serial)
        else:
            self._seen, self.trouble = stamp, None
            self.directory = directory
            self._on_change(directory)
            self._log.info("state_read", serial=self.serial)
        finally:
            self._reading = None

    @property
    def serial(self) -> int:
        """The serial of the state in force."""
        return self.directory.state.serial

    def _read(self) -> State:
        state = self._open_state().read()
        require_local(state, "the credential service")
        return state
