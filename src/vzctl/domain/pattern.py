"""Regular expressions that are compiled when they are first used: importing the rules must cost next to nothing."""

from __future__ import annotations

import re
from functools import cached_property


class Pattern:
    """A regular expression. Every quantifier in it is bounded, so that near matches stay cheap."""

    def __init__(self, text: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self._text = text
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(self._text, self._flags)
