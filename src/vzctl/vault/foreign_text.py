"""What of an external command's output may be shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vzctl.domain.masking.disclosure import discloses
from vzctl.domain.masking.redaction import redacted

LONGEST_READ_BYTES: Final = 16 * 1024
LONGEST_SHOWN_CHARACTERS: Final = 200
"""Enough for the reason; `pass`, for one, prints its whole usage after it."""

_LONGEST_CHECKED_CHARACTERS: Final = 2000
_MOST_SECRETS: Final = 40
"""A program that prints more lines than this as a secret has printed something else; then none of its words are shown."""


def showable(text: bytes, *, secrets: Iterable[str], harmless: str) -> str:
    """Return the beginning of `text` as one line, or nothing when any of it is unprintable or a part of a secret.

    Words that could be a key are masked too, because a program that fails to give out a secret may print one that is
    not known here; `harmless` is a phrase that stays readable all the same.
    """
    line = " ".join(text.decode(errors="replace").split())
    if len(text) > LONGEST_READ_BYTES or not line.isprintable() or "\ufffd" in line:
        return ""
    known = set(secrets)
    line = line[:_LONGEST_CHECKED_CHARACTERS]
    rest = line.replace(harmless, " ")
    if len(known) > _MOST_SECRETS or any(discloses(rest, secret) for secret in known):
        return ""
    line = harmless.join(redacted(part) for part in line.split(harmless))
    return line if len(line) <= LONGEST_SHOWN_CHARACTERS else f"{line[:LONGEST_SHOWN_CHARACTERS]}…"
