"""When a request is sent again, and after how long: few times, never past the time that is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from vzctl.clients.fault import Cause

ATTEMPTS: Final = 3
FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 4.0
AGAIN_AFTER_STATUS: Final = frozenset({408, 429, 502, 503, 504})
AGAIN_AFTER_CAUSE: Final = frozenset({Cause.REFUSED, Cause.RESET})


def pause(attempt: int, wanted: float | None, left: float, random: Callable[[], float]) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    `attempt` counts those made. What the other side asked for (`wanted`) is waited for, or not at all when the time that
    is left is too short; otherwise the pause doubles, with jitter, so that many clients do not come back at once.
    """
    if attempt >= ATTEMPTS:
        return None
    if wanted is None:
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1))
        seconds = longest * (0.5 + random() / 2)
    else:
        seconds = wanted + random() * 0.1
    return seconds if seconds < left else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, as a number or a date; None when it says nothing usable.

    A date is compared with the other side's own clock, its `Date` header: clocks differ.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None
