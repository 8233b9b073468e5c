"""Every error code that the Data API documents, current and legacy, found by exact code or in what a person pastes.

Names, families and scopes are those of the open-source Data API; sides follow the question who must change something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from vzctl.domain import (
    error_codes_document,
    error_codes_embedding,
    error_codes_legacy_drafts,
    error_codes_legacy_requests,
    error_codes_legacy_schema,
    error_codes_legacy_services,
    error_codes_query,
    error_codes_request,
    error_codes_schema,
    error_codes_schema_tables,
    error_codes_server,
)
from vzctl.domain.error_codes_entry import ErrorCode

_MODULES: Final = (
    error_codes_document,
    error_codes_embedding,
    error_codes_legacy_drafts,
    error_codes_legacy_requests,
    error_codes_legacy_schema,
    error_codes_legacy_services,
    error_codes_query,
    error_codes_request,
    error_codes_schema,
    error_codes_schema_tables,
    error_codes_server,
)
_LABELLED: Final = re.compile(r"error_?code\W{1,8}(\w+)", re.IGNORECASE | re.ASCII)
_WORD: Final = re.compile(r"\w+", re.ASCII)
_GAP: Final = re.compile(r"[\s_-]+")
READ_AT_MOST: Final = 4096
"""A code and what may be pasted around it is far shorter; an error of any length is for `vzctl diagnose`."""


@cache
def error_codes() -> Mapping[str, ErrorCode]:
    """Return every known code by its name, sorted; a name that is defined twice is a bug and raises `ValueError`."""
    entries = sorted((entry for module in _MODULES for entry in module.CODES), key=lambda entry: entry.code)
    by_code = {entry.code: entry for entry in entries}
    if len(by_code) != len(entries):
        raise ValueError("an error code is defined twice")
    return MappingProxyType(by_code)


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
