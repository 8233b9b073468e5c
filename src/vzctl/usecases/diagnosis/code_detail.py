"""What `vzctl explain` answers about one word: the machine contract."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.domain.diagnosis.codes import ErrorCode


@dataclass(frozen=True, slots=True)
class CodeDetail:
    """A code of the Data API, or another word for an error: its meaning says so.

    `side` is `astra`, `provider`, or `unknown`: then `how_to_decide` says what decides.
    """

    code: str
    side: str
    cause: str | None
    retryable: bool
    meaning: str
    how_to_decide: str | None
    what_to_do: str
    vectorize: bool = False
    legacy: bool = False
    replaced_by: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()


def code_detail(entry: ErrorCode) -> CodeDetail:
    """Return what is known of an error code."""
    return CodeDetail(
        code=entry.code,
        side=entry.side,
        cause=entry.cause,
        retryable=entry.retryable,
        meaning=entry.meaning,
        how_to_decide=entry.how_to_decide,
        what_to_do=entry.fix,
        vectorize=entry.is_about_vectorize,
        legacy=entry.is_legacy,
        replaced_by=entry.replaced_by,
        family=entry.family,
        scope=entry.scope,
    )
