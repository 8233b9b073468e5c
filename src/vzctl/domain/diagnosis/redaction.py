"""The part of a text that is shown as evidence: redacted, on one line, and short."""

from __future__ import annotations

from typing import Final

from vzctl.domain.masking.redaction import fill_holes, holed

LONGEST_EVIDENCE: Final = 200
_MARGIN: Final = 400
"""Read on each side of an excerpt, so that a secret is recognized before it is cut."""


def excerpt(text: str, start: int, end: int) -> str:
    """Return what stands around `start:end` in `text`: redacted, on one line and short."""
    spare = max(0, LONGEST_EVIDENCE - (end - start))
    low = max(0, start - spare // 4)
    high = min(len(text), low + LONGEST_EVIDENCE)
    left = max(0, low - _MARGIN)
    hidden = holed(text[left : high + _MARGIN])
    shown = fill_holes(" ".join(hidden[low - left : high - left].split()))
    return ("…" if low > 0 else "") + shown + ("…" if high < len(text) else "")
