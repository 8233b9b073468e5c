"""The state as it is now: looked at on every request, read again when the file is another one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from vzctl.domain.catalog.service import require_local
from vzctl.domain.state.state import State
from vzctl.errors import VzctlError
from vzctl.service.log import ServiceLog
from vzctl.service.threads import in_thread
from vzctl.usecases.serve.credential import Directory

Signature = tuple[int, int, int, int, int]


class LiveState:
    """The last good state. A file that is broken, gone or of the other plane leaves it in force and sets `trouble`."""

    def __init__(
        self,
        path: Path,
        load: Callable[[], State],
        log: ServiceLog,
        on_change: Callable[[Directory], None],
    ) -> None:
        self._path = path
        self._load = load
        self._log = log
        self._on_change = on_change
        self._reading: asyncio.Task[None] | None = None
        self._seen = self._signature()
        self.directory = Directory(self._read())
        self.trouble: str | None = None
        on_change(self.directory)

    @property
    def is_fresh(self) -> bool:
        """Whether the file is the one that was read last."""
        return self._signature() == self._seen

    async def refresh(self) -> None:
        """Read the file again when it is another one; whoever waits bounds the wait, the reading goes on without it.

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
        # Looked at before the reading: a file that changes in between is read again by the next request.
        signature = self._signature()
        try:
            directory = await in_thread(lambda: Directory(self._read()))
        except VzctlError as error:
            self._seen, self.trouble = signature, error.code
            self._log.error("state_not_usable", code=error.code, message=error.message, serving_serial=self.serial)
        else:
            self._seen, self.trouble = signature, None
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
        state = self._load()
        require_local(state, "the credential service")
        return state

    def _signature(self) -> Signature | None:
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
