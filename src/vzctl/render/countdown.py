"""A wait that a person can see: one line that counts down at a terminal, and is said once elsewhere."""

from __future__ import annotations

import math
import shutil
import sys
from types import TracebackType
from typing import Final, Self

from vzctl.render.cells import escape
from vzctl.render.show import write_talk

_WAY_OUT: Final = "^C ends it"
_ERASE: Final = "\r\x1b[K"


class Countdown:
    """What is waited for, with the seconds that are left. The line is gone when the wait is over.

    `is_dumb`: this terminal cannot take a line back.
    """

    def __init__(self, text: str, *, is_quiet: bool, is_dumb: bool) -> None:
        self._text = escape(text)
        self._is_quiet = is_quiet or sys.stderr is None or sys.stderr.closed
        self._is_terminal = not self._is_quiet and sys.stderr.isatty() and not is_dumb
        self._is_shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def show(self, seconds: float) -> None:
        """Show the line with so many seconds left."""
        if self._is_quiet:
            return
        left = f"{math.ceil(max(0.0, seconds))} s left"
        if not self._is_terminal:
            if not self._is_shown:
                write_talk([f"{self._text}: at most {left}"])
            self._is_shown = True
            return
        shown = f"{left} ({_WAY_OUT})"
        width = shutil.get_terminal_size().columns - len(shown) - 3
        self._write(f"{_ERASE}{self._text[: max(0, width)]}: {shown}")
        self._is_shown = True

    def clear(self) -> None:
        """Take the line away, so that something else can be said."""
        if self._is_terminal and self._is_shown:
            self._write(_ERASE)
            self._is_shown = False

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            self._is_quiet, self._is_terminal = True, False  # nobody there to read it is no failure
