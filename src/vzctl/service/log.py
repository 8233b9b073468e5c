"""The service's log: one JSON object a line, with words of vzctl's own, never a header, a token, a key or a raw path."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from vzctl.domain.masking.redaction import without_secrets

Field = str | int | float | bool | None
LINES_A_SECOND: Final = 20
"""Of one event; more are counted and not written, so that nobody fills a disk by asking wrongly."""
_LONGEST_TEXT: Final = 300


class ServiceLog:
    """Writes lines; `seconds` is a clock that only goes forward."""

    def __init__(
        self, write: Callable[[str], None], now: Callable[[], datetime], seconds: Callable[[], float], *, verbose: bool
    ) -> None:
        self._write = write
        self._now = now
        self._seconds = seconds
        self.is_verbose = verbose
        self._windows: dict[str, tuple[int, int]] = {}

    def info(self, event: str, **fields: Field) -> None:
        """Write what is as it should be."""
        self._line("info", event, fields)

    def warning(self, event: str, **fields: Field) -> None:
        """Write what somebody should look at."""
        self._line("warning", event, fields)

    def error(self, event: str, **fields: Field) -> None:
        """Write what keeps the service from answering."""
        self._line("error", event, fields)

    def _line(self, level: str, event: str, fields: dict[str, Field]) -> None:
        second = int(self._seconds())
        window, count = self._windows.get(event, (second, 0))
        suppressed = 0
        if window != second:
            suppressed, count = max(0, count - LINES_A_SECOND), 0
        self._windows[event] = (second, count + 1)
        if count >= LINES_A_SECOND and not self.is_verbose:
            return
        time = self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line: dict[str, Field] = {"time": time, "level": level, "event": event}
        line |= {name: _safe(value) for name, value in fields.items() if value is not None}
        if suppressed:
            line["suppressed"] = suppressed
        self._write(json.dumps(line, separators=(",", ":")))


class LibraryMessages(logging.Handler):
    """Passes on what the web server has to say: its sentence, and of an exception nothing but its kind."""

    def __init__(self, log: ServiceLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] is not None else None
        # The format without its arguments: those come from outside.
        self._log.warning("server", message=str(record.msg).strip(), exception=kind)


def safe_text(text: str) -> str:
    """Return a text without what looks like a key or a token, and not longer than is worth reading."""
    return without_secrets(text)[:_LONGEST_TEXT]


def _safe(value: Field) -> Field:
    return safe_text(value) if isinstance(value, str) else value
