"""The command line over states in memory: no command can tell, because all of them know the port alone.

Configuration and secrets are in files, as they are for every store.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.memory_state import MemoryLog, MemoryState
from vzctl.cli.wiring import Services, new_id, now, user_name
from vzctl.store.state_store import Actor

LOGS: dict[str, MemoryLog] = {}
"""The log of each location, for as long as a test runs."""


class MemoryCli(Cli):
    """A user whose states are in memory."""

    __slots__ = ()

    @property
    def log(self) -> MemoryLog:
        """The log of this user's state."""
        return LOGS[str(self.state)]

    def rewind(self, serial: int) -> None:
        """Leave the log as it was at an earlier serial: nothing newer was written."""
        self.log.revisions[:] = [item for item in self.log.revisions if item.serial <= serial]

    def text(self) -> str:
        """Return the state as it is stored."""
        return self.log.revisions[-1].data.decode()

    def put_text(self, text: str) -> None:
        """Put another text in the place of the state."""
        self.log.revisions[-1] = replace(self.log.revisions[-1], data=text.encode())

    def everything(self) -> dict[str, bytes]:
        """Return the secrets and the log, to see that nothing changed."""
        log = LOGS.get(str(self.state))
        return {**super().everything(), "log": repr(log and (log.revisions, log.entries)).encode()}


def memory_cli(folder: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryCli:
    """Return a user in whose commands every state is in memory, and none can get at a file."""

    def open_state(services: Services, location: str | None = None) -> MemoryState:
        where = services.settings.state.value if location is None else location
        log = LOGS.setdefault(where, MemoryLog(where))
        return MemoryState(log, Actor("workbench", user_name(), services.command), now, new_id)

    def no_file(services: Services, path: str | None = None) -> None:
        pytest.fail("a command opened the state file")

    LOGS.clear()
    monkeypatch.setattr(Services, "open_state", open_state)
    monkeypatch.setattr(Services, "state_file", no_file)
    made = MemoryCli.create(folder)
    assert isinstance(made, MemoryCli)
    return made
