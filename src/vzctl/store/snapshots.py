"""What a store has stored: the state at one moment, and the states before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vzctl.domain.state.state import State


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is stored at one moment: `revision` identifies it (empty: nothing is stored), `state` is None when it is broken."""

    revision: bytes
    state: State | None


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: the state as it was at `serial`, the `order`-th that was written.

    `name` is unique in its store; `location` says where the backup is.
    """

    order: int
    serial: int
    saved_at: datetime
    size: int
    name: str
    location: str

    @property
    def id(self) -> str:
        """What a user names the backup by: its serial, and `SERIAL.ORDER` when a higher number was written before it."""
        return str(self.serial) if self.order == self.serial else f"{self.serial}.{self.order}"
