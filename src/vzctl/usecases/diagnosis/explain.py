"""What an error code of the Data API, or another word for an error, says: whose side it is on, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Final

from vzctl.command import suggest
from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.codes import CodeFact, all_codes
from vzctl.domain.diagnosis.rule import RETRYABLE_CAUSES
from vzctl.domain.error_codes import codes_in, error_codes, probable_code
from vzctl.domain.error_codes_entry import ErrorCode, Side
from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.domain.state.names import nearest
from vzctl.errors import ConflictError, NotFoundError, UsageError
from vzctl.usecases.diagnosis.explain_word import name_explained, providers_word_explained
from vzctl.usecases.outcome import Columns, Outcome

LONGEST_CODE: Final = 80
NEAR: Final = 0.75
"""Codes are long and begin and end alike: one that resembles a word less is far-fetched."""
MISSPELLED: Final = 0.9


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
    vectorize: bool
    legacy: bool
    replaced_by: tuple[str, ...]
    family: tuple[str, ...]
    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code in the list of all."""

    code: str
    side: str
    cause: str | None
    retryable: bool
    legacy: bool
    meaning: str

    columns: ClassVar[Columns] = (
        ("CODE", "code"),
        ("SIDE", "side"),
        ("CAUSE", "cause"),
        ("RETRYABLE", "retryable"),
        ("LEGACY", "legacy"),
        ("MEANING", "meaning"),
    )


@dataclass(frozen=True, slots=True)
class CodeList:
    """Every code that the Data API documents, documented once, or has sent, by name."""

    codes: tuple[CodeRow, ...]


@cache
def known_codes() -> Mapping[str, ErrorCode]:
    """Return every code by name: those that the Data API documents, and more that some of its versions have sent."""
    found = dict(error_codes())
    for code, fact in all_codes().items():
        if code not in found:
            found[code] = _undocumented(fact)
    return dict(sorted(found.items()))


def list_codes() -> Outcome[CodeList]:
    """Return all codes."""
    rows = (
        CodeRow(entry.code, entry.side.value, entry.cause, entry.retryable, entry.legacy, entry.meaning)
        for entry in known_codes().values()
    )
    return Outcome(data=CodeList(tuple(rows)))


def explain_code(text: str) -> Outcome[CodeDetail]:
    """Return what is known of the code, in whatever case it is written and whatever was pasted around it."""
    found = codes_in(text)
    if not found and probable_code(text) in known_codes():
        found = (known_codes()[probable_code(text)],)
    if not text.strip():
        raise UsageError(
            "the code is an empty text: is a shell variable unset?",
            code="USAGE",
            next_steps=(suggest("explain", all=True, comment="every code"),),
        )
    if len(found) > 1:
        raise ConflictError(
            "this names several codes: " + ", ".join(entry.code for entry in found[:5]),
            code="CODE_AMBIGUOUS",
            next_steps=(suggest("explain", found[0].code, comment="one of them"),),
        )
    entry = found[0] if found else _no_code(text)
    steps = tuple(suggest("explain", name, comment="what replaced it") for name in entry.replaced_by)
    return Outcome(data=_detail(entry), next_steps=steps)


def _no_code(text: str) -> ErrorCode:
    """Return what the text says although it is no code; a code that is misspelled is one all the same."""
    word = probable_code(text[: 4 * LONGEST_CODE])[:LONGEST_CODE]
    named = name_explained(word)
    if named is not None:
        return named
    if not nearest(word, known_codes(), resemblance=MISSPELLED):
        foreign = providers_word_explained(text)
        if foreign is not None:
            return foreign
    raise _unknown(word, is_shown=not looks_like_secret(text.strip()))


def _unknown(word: str, *, is_shown: bool) -> NotFoundError:
    near = nearest(word, known_codes(), resemblance=NEAR)
    shown = f' "{word}"' if is_shown and word and word.isascii() and not looks_like_secret(word) else " like this"
    hint = "; did you mean " + " or ".join(f'"{name}"' for name in near) + "?" if near else ""
    steps = [suggest("explain", name, comment="is it this one?") for name in near]
    return NotFoundError(
        f"the Data API documents no error code{shown}{hint}",
        code="CODE_NOT_FOUND",
        next_steps=(
            *steps,
            suggest("explain", all=True, comment="every code"),
            suggest("diagnose", "-", comment="paste the whole error: its text may decide"),
        ),
    )


def _undocumented(fact: CodeFact) -> ErrorCode:
    return ErrorCode(
        code=fact.code,
        side=Side(fact.side),
        meaning=f"{fact.meaning[:1].upper()}{fact.meaning[1:]}.",
        what_to_do=causes()[fact.side, fact.cause].advice,
        cause=fact.cause,
        retryable=fact.cause in RETRYABLE_CAUSES,
        legacy=True,
    )


def _detail(entry: ErrorCode) -> CodeDetail:
    return CodeDetail(
        code=entry.code,
        side=entry.side.value,
        cause=entry.cause,
        retryable=entry.retryable,
        meaning=entry.meaning,
        how_to_decide=entry.how_to_decide,
        what_to_do=entry.what_to_do,
        vectorize=entry.vectorize,
        legacy=entry.legacy,
        replaced_by=entry.replaced_by,
        family=entry.family,
        scope=entry.scope,
    )
