"""Find the error codes that a pasted text names."""

from __future__ import annotations

import re
from typing import Final

from vzctl.domain.diagnosis.codes import ErrorCode, error_codes

_LABELLED: Final = re.compile(r"error_?code\W{1,8}(\w+)", re.IGNORECASE | re.ASCII)
_WORD: Final = re.compile(r"\w+", re.ASCII)
_GAP: Final = re.compile(r"[\s_-]+")
READ_AT_MOST: Final = 4096
"""A code and what may be pasted around it is far shorter; an error of any length is for `vzctl diagnose`."""


def codes_in(text: str) -> tuple[ErrorCode, ...]:
    """Return the known codes that a pasted text names, each once, in its order; those behind `errorCode` alone win."""
    known = error_codes()
    text = text[:READ_AT_MOST]
    whole = _GAP.sub("_", text.strip().strip("\"'`.,:;!")).upper()
    if whole in known:
        return (known[whole],)
    for words in (_LABELLED.findall(text), _WORD.findall(text)):
        found = dict.fromkeys(word.upper() for word in words if word.upper() in known)
        if found:
            return tuple(known[code] for code in found)
    return ()


def probable_code(text: str) -> str:
    """Return the part of an unrecognized text that is most probably meant as the code."""
    text = text[:READ_AT_MOST]
    labelled = _LABELLED.findall(text)
    words = labelled or _WORD.findall(_GAP.sub("_", text.strip()))
    return max(words, key=len, default="").strip("_").upper()
