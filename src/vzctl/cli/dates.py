"""Dates and times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

from vzctl.errors import UsageError


def parse_moment(text: str | None) -> datetime | None:
    """Return `2026-01-31` or `2026-01-31T12:00:00Z` as UTC; a time without a zone is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text[:40]!a} is no date; write 2026-01-31 or 2026-01-31T12:00:00Z", code="DATE_INVALID"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except (OverflowError, ValueError):
        raise UsageError(f"{text[:40]!a} is out of range", code="DATE_INVALID") from None
