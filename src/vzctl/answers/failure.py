"""How an answer is refused: the file, the place in it, what is wrong, and never what was found there."""

from __future__ import annotations

from collections.abc import Sequence

from vzctl.command import NextStep, suggest
from vzctl.errors import UsageError, quoted

READS_STEP = suggest("sync", help=True, comment="the answers that it reads")


def refused(source: str, reason: str, code: str, steps: Sequence[NextStep] = (READS_STEP,)) -> UsageError:
    """Return the error for a file that cannot be read as an answer."""
    return UsageError(f"{quoted(source)} {reason}; nothing was changed", code=code, next_steps=tuple(steps))


def malformed(source: str, place: str, reason: str) -> UsageError:
    """Return the error for an answer of a known kind in which something has the wrong form."""
    return refused(source, f"has the form of an answer, but {place} {reason}", "ANSWER_INVALID")
