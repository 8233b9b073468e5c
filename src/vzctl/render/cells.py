"""One value as text: for a TSV cell, exact and complete; for a person, short and safe to print, in what the locale can show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from vzctl.render.envelope import field_names


def plain_cell(value: Any) -> str:
    """Return the whole value on one line; tabs, newlines and control characters as escapes; nothing for None."""
    return escape(text_of(value))


def human_cell(heading: str, value: Any) -> str:
    """Return a value as a person reads it: `-` for nothing, yes and no, days for ages, `…5678` for the end of a key."""
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if heading == "KEY":
        return f"…{escape(text_of(value))}"
    if heading == "AGE":
        return f"{value} d"
    return escape(text_of(value))


def text_of(value: Any) -> str:
    """Return the value as text: times in ISO 8601 UTC, several values joined by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, tuple):
        return ",".join(text_of(item) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        names = field_names(type(value))
        return text_of(getattr(value, "name" if "name" in names else names[0]))
    return str(value)


def escape(text: str) -> str:
    """Return the text with everything that could move a cursor or break a line made visible."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def needs_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the locale promises no more than ASCII: the C locale, another encoding, or a terminal that is dumb."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "C")
    return environ.get("TERM") == "dumb" or "utf8" not in locale.lower().replace("-", "")
