"""^C and SIGTERM during a rotation: finish the current step, then stop. A second one stops at once."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType


class Interrupts:
    """Remembers the first signal, so that the walk can stop between two steps."""

    def __init__(self) -> None:
        self.received: int | None = None

    def requested(self) -> bool:
        """Whether a signal asked to stop."""
        return self.received is not None

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Take over SIGINT and SIGTERM inside the block."""
        before = {number: signal.signal(number, self._receive) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self.received is not None:
            raise KeyboardInterrupt
        self.received = number
        sys.stderr.write("finishing the current step, then stopping; once more to stop now\n")
