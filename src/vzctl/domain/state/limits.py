"""Limits of single values in a state."""

from __future__ import annotations

from typing import Final

LONGEST_FRESHNESS: Final = 7 * 24 * 3600
"""Seconds for which a Data API may keep a key; longer than a week is a mistake."""


def is_path_word(text: str) -> bool:
    """Whether the text is safe as one part of a secret store item's path."""
    return bool(text) and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
