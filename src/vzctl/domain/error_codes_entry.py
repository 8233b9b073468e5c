"""What is known of one Data API error code, and short ways to write it down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypedDict, Unpack

from vzctl.domain.diagnosis.codes import all_codes
from vzctl.domain.diagnosis.rule import RETRYABLE_CAUSES


class Side(StrEnum):
    """Who must change something for the same call to succeed. `unknown`: the code alone does not decide."""

    ASTRA = "astra"
    PROVIDER = "provider"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """A code that the Data API documents, or documented once (`legacy`).

    `side` and `cause` are those of `vzctl.domain.diagnosis.codes`, so that `explain` and `diagnose` cannot disagree.
    `family` and `scope` are where the Data API puts it; a few codes are in several, most legacy ones in none.
    `how_to_decide` says what settles the side, or the cause, when the code leaves something open. `retryable`: the same
    call may succeed later although nobody changes anything. `vectorize`: it is about embeddings that are made for
    `$vectorize`, not only about vectors.
    """

    code: str
    side: Side
    meaning: str
    what_to_do: str
    how_to_decide: str | None = None
    cause: str | None = None
    retryable: bool = False
    vectorize: bool = False
    legacy: bool = False
    replaced_by: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()


class Facts(TypedDict, total=False):
    """What an entry says beside its code and texts."""

    how_to_decide: str
    vectorize: bool
    replaced_by: tuple[str, ...]


def described(code: str, meaning: str, what_to_do: str, **more: Unpack[Facts]) -> ErrorCode:
    """Return a code with its texts; side, cause, and age come from the one table that the diagnosis reads too."""
    fact = all_codes()[code]
    return ErrorCode(
        code=code,
        side=Side(fact.side),
        cause=fact.cause,
        legacy=fact.legacy,
        retryable=fact.cause in RETRYABLE_CAUSES,
        meaning=meaning,
        what_to_do=what_to_do,
        **more,
    )


def section(families: str, scopes: str, entries: Iterable[ErrorCode]) -> Iterator[ErrorCode]:
    """Yield codes with their place; several families or scopes are separated by spaces, none is an empty text."""
    for entry in entries:
        yield replace(entry, family=tuple(families.split()), scope=tuple(scopes.split()))
