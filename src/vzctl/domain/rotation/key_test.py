"""The words in which a rotation keeps what the test of its new key saw, and what they say.

They are in state files that exist: a change of them makes those say less.
"""

from __future__ import annotations

from typing import Final

TESTED: Final = "tested: "
WORKS_AT_PROVIDER: Final = "it works at the provider"
RECOGNIZED_BY_PROVIDER: Final = "the provider recognizes it"


def was_tested(words: str) -> bool:
    """Whether a test was made, whatever it could see."""
    return words.startswith(TESTED)


def is_accepted(words: str) -> bool:
    """Whether the provider was seen to take the key."""
    return words.startswith((TESTED + WORKS_AT_PROVIDER, TESTED + RECOGNIZED_BY_PROVIDER))
