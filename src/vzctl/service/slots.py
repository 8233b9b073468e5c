"""How many connections may be open without having authenticated. Authenticated ones do not count here, and none is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

UNKNOWN_CONNECTIONS: Final = 64
"""As soon as there are more, those that had time to authenticate are closed, the oldest first. Authentication itself may
wait for the state to be read, so a request that is being answered is spared."""
UNKNOWN_CONNECTIONS_AT_MOST: Final = 256
"""As soon as there are more, the oldest is closed, however young: together with the authenticated ones, fewer than the file
descriptors that a process has by default."""
GRACE_SECONDS: Final = 0.5
"""Long enough to authenticate: a Data API sends its request as soon as it is connected."""


class Occupant(Protocol):
    """A connection that can be closed at once."""

    @property
    def is_answering(self) -> bool:
        """Whether a whole request has arrived and is not answered yet."""
        ...

    def give_way(self) -> None:
        """Close the connection; `leave` is called by whoever took the slot, at once or soon."""
        ...


class Slots:
    """The connections that have not authenticated, oldest first. `seconds` is a clock that only goes forward."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._entered: dict[Occupant, float] = {}

    def __len__(self) -> int:
        return len(self._entered)

    def enter(self, connection: Occupant) -> None:
        """Take a slot; where there are too many, older connections give way."""
        now = self._seconds()
        self._entered[connection] = now
        for older, since in list(self._entered.items()):
            if len(self._entered) <= UNKNOWN_CONNECTIONS:
                return
            is_spared = older.is_answering or now - since < GRACE_SECONDS
            if not is_spared or len(self._entered) > UNKNOWN_CONNECTIONS_AT_MOST:
                self.leave(older)
                older.give_way()

    def leave(self, connection: Occupant) -> None:
        """Free the slot: the connection has authenticated, or is closed."""
        self._entered.pop(connection, None)
