"""All error codes of the Data API, today's and earlier ones: the one table of their side and cause.

`vzctl diagnose` reads it here; `vzctl explain` through `vzctl.domain.error_codes`, which adds texts and no side.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from vzctl.domain.diagnosis.codes_current import REQUEST, SCHEMA, SERVER, WARNING
from vzctl.domain.diagnosis.codes_legacy import LEGACY
from vzctl.domain.diagnosis.codes_provider import PROVIDER_CURRENT, PROVIDER_LEGACY, UNDECIDED
from vzctl.domain.diagnosis.rule import Side


class CodeFact(NamedTuple):
    """One error code of the Data API."""

    code: str
    side: Side
    cause: str
    meaning: str
    legacy: bool
    """Only servers of earlier versions send it."""
    is_warning: bool = False


HOLLOW: Final = frozenset(
    {
        "UNEXPECTED_SERVER_ERROR",
        "INTERNAL_SERVER_ERROR",
        "SERVER_UNHANDLED_ERROR",
        "SERVER_INTERNAL_ERROR",
        "UNEXPECTED_DRIVER_ERROR",
        "SERVER_FAILURE",
        "SERVER_DRIVER_FAILURE",
    }
)
"""Codes that only say "something failed inside": the class and the text behind them may name another party."""

COMMON_WORDS: Final = frozenset(
    {
        "CLIENT_ERROR",
        "CLOSED_CONNECTION",
        "COLUMN_ALREADY_EXISTS",
        "COLUMN_NOT_FOUND",
        "INDEX_NOT_FOUND",
        "INTERNAL_SERVER_ERROR",
        "INVALID_AUTHENTICATION_TOKEN",
        "INVALID_CONFIGURATION",
        "INVALID_FILTER",
        "INVALID_QUERY",
        "INVALID_REQUEST",
        "MISSING_INDEX",
        "OPERATION_TIMEOUT",
        "READ_FAILURE",
        "READ_TIMEOUT",
        "SERVER_ERROR",
        "SERVER_FAILURE",
        "SERVER_TIMEOUT",
        "TABLE_ALREADY_EXISTS",
        "TABLE_NOT_FOUND",
        "UNAUTHORIZED_ACCESS",
        "UNAUTHORIZED_REQUEST",
        "UNKNOWN_COMMAND",
        "UNSUPPORTED_CONTENT_TYPE",
        "UNSUPPORTED_OPERATION",
        "WRITE_FAILURE",
        "WRITE_TIMEOUT",
    }
)
"""Codes that others use too: one of these counts only where the text calls it an error code of the Data API."""


@cache
def all_codes() -> dict[str, CodeFact]:
    """Return every known code with its fact. A code that today's Data API still documents counts as current."""
    facts: dict[str, CodeFact] = {}
    tables: tuple[tuple[str, Side, bool, bool], ...] = (
        (REQUEST, "astra", False, False),
        (SCHEMA, "astra", False, False),
        (SERVER, "astra", False, False),
        (PROVIDER_CURRENT, "provider", False, False),
        (WARNING, "astra", False, True),
        (LEGACY, "astra", True, False),
        (PROVIDER_LEGACY, "provider", True, False),
        (UNDECIDED, "unknown", True, False),
    )
    for table, side, legacy, is_warning in tables:
        cause = ""
        for line in table.splitlines():
            if line.startswith("["):
                cause = line[1:-1]
            elif line:
                code, _, meaning = line.partition(" ")
                facts.setdefault(code, CodeFact(code, side, cause, meaning, legacy, is_warning))
    return facts
