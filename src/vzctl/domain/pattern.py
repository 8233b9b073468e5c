"""Regular expressions that are compiled when they are first used: importing the rules must cost next to nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property


class Pattern:
    """A regular expression. Every quantifier in it is bounded, so that near matches stay cheap.

    A text that is made of the knowledge is given as a function, so that nothing is loaded before it is needed.
    """

    def __init__(self, text: str | Callable[[], str], flags: re.RegexFlag = re.NOFLAG) -> None:
        self._text = text
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        text = self._text if isinstance(self._text, str) else self._text()
        return re.compile(text, self._flags)
