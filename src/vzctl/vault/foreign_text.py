"""What of another program's words may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

LONGEST_READ_BYTES: Final = 16 * 1024
LONGEST_SHOWN_CHARACTERS: Final = 200
"""Enough for the reason; `pass`, for one, prints its whole usage after it."""
TELLING_LENGTH: Final = 6
"""So many characters in common with a secret are not taken for chance."""
OPAQUE_WORD: Final = re.compile(r"(?=[^\s]*\d)(?=[^\s]*[A-Za-z])[A-Za-z0-9+/=_.\-]{20,}")
MASK: Final = "****"


def showable(text: bytes, *, secrets: Iterable[str], harmless: str) -> str:
    """Return the beginning of `text` as one line, or nothing when any of it is unprintable or a part of a secret.

    Words that could be a key are masked too, because a program that fails to give out a secret may print one that is
    not known here; `harmless` is a phrase that stays readable all the same.
    """
    line = " ".join(text.decode(errors="replace").split())
    if len(text) > LONGEST_READ_BYTES or not line.isprintable() or "\ufffd" in line:
        return ""
    if any(shares_a_part(line, secret) for secret in secrets):
        return ""
    line = harmless.join(OPAQUE_WORD.sub(MASK, part) for part in line.split(harmless))
    return line if len(line) <= LONGEST_SHOWN_CHARACTERS else f"{line[:LONGEST_SHOWN_CHARACTERS]}…"


def shares_a_part(text: str, secret: str) -> bool:
    """Tell whether `text` has a run of the secret's characters in it, in any case."""
    lower_text, lower_secret = text.lower(), secret.lower()
    length = min(TELLING_LENGTH, len(lower_secret))
    starts = range(len(lower_secret) - length + 1) if length else ()
    return any(lower_secret[start : start + length] in lower_text for start in starts)
