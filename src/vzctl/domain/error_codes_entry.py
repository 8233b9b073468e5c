"""What is known of one Data API error code, and short ways to write it down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypedDict, Unpack


class Side(StrEnum):
    """Who must change something for the same call to succeed. `depends`: the code alone does not decide."""

    ASTRA = "astra"
    PROVIDER = "provider"
    DEPENDS = "depends"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """A code that the Data API documents, or documented once (`legacy`).

    `family` and `scope` are where the Data API puts it; a few codes are in several, most legacy ones in none. `cause` is
    its name in the error taxonomy where the code is enough to know it. `how_to_decide` says what settles the side, or the
    cause, when the code leaves something open. `retryable`: the same call may succeed later although nobody changes
    anything. `vectorize`: it is about embeddings that are made for `$vectorize`, not only about vectors.
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
    """What an entry says beside its code, side and texts."""

    cause: str
    retryable: bool
    vectorize: bool
    replaced_by: tuple[str, ...]


class More(Facts, total=False):
    """The same, and for a decided side what still decides the cause."""

    how_to_decide: str


def astra(code: str, meaning: str, what_to_do: str, **more: Unpack[More]) -> ErrorCode:
    """Return a code whose next step is at Astra: platform, Data API, client, or how it is used and configured."""
    return ErrorCode(code=code, side=Side.ASTRA, meaning=meaning, what_to_do=what_to_do, **more)


def provider(code: str, meaning: str, what_to_do: str, **more: Unpack[More]) -> ErrorCode:
    """Return a code whose next step is at the service that makes the embeddings, or with the account or key there."""
    return ErrorCode(code=code, side=Side.PROVIDER, meaning=meaning, what_to_do=what_to_do, **more)


def depends(code: str, meaning: str, what_to_do: str, how_to_decide: str, **facts: Unpack[Facts]) -> ErrorCode:
    """Return a code that either side can cause, with how to find out which."""
    return ErrorCode(
        code=code, side=Side.DEPENDS, meaning=meaning, what_to_do=what_to_do, how_to_decide=how_to_decide, **facts
    )


def section(families: str, scopes: str, entries: Iterable[ErrorCode]) -> Iterator[ErrorCode]:
    """Yield current codes with their place; several families or scopes are separated by spaces, none is an empty text."""
    for entry in entries:
        yield replace(entry, family=tuple(families.split()), scope=tuple(scopes.split()))


def retired(entries: Iterable[ErrorCode], families: str = "", scopes: str = "") -> Iterator[ErrorCode]:
    """Yield legacy codes; most had no family and no scope."""
    for entry in section(families, scopes, entries):
        yield replace(entry, legacy=True)
