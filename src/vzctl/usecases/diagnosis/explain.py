"""What an error code of the Data API, or another word for an error, says: whose side it is on, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from vzctl.command import suggest
from vzctl.domain.diagnosis.codes import all_codes
from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.domain.state.names import nearest
from vzctl.errors import ConflictError, NotFoundError, UsageError
from vzctl.usecases.diagnosis.code_detail import CodeDetail, code_detail
from vzctl.usecases.diagnosis.codes_in_text import codes_in, probable_code
from vzctl.usecases.diagnosis.explain_word import name_explained, providers_word_explained
from vzctl.usecases.outcome import Columns, Outcome

LONGEST_CODE: Final = 80
NEAR: Final = 0.75
"""Codes are long and begin and end alike: one that resembles a word less is far-fetched."""
MISSPELLED: Final = 0.9


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


def list_codes() -> Outcome[CodeList]:
    """Return all codes."""
    rows = (
        CodeRow(entry.code, entry.side, entry.cause, entry.retryable, entry.is_legacy, entry.meaning)
        for entry in all_codes().values()
    )
    return Outcome(data=CodeList(tuple(rows)))


def explain_code(text: str) -> Outcome[CodeDetail]:
    """Return what is known of the code, in whatever case it is written and whatever was pasted around it."""
    found = codes_in(text)
    if not found and probable_code(text) in all_codes():
        found = (all_codes()[probable_code(text)],)
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
    detail = code_detail(found[0]) if found else _no_code(text)
    steps = tuple(suggest("explain", name, comment="what replaced it") for name in detail.replaced_by)
    return Outcome(data=detail, next_steps=steps)


def _no_code(text: str) -> CodeDetail:
    """Return what the text says although it is no code; a code that is misspelled is one all the same."""
    word = probable_code(text[: 4 * LONGEST_CODE])[:LONGEST_CODE]
    named = name_explained(word)
    if named is not None:
        return named
    if not nearest(word, all_codes(), resemblance=MISSPELLED):
        foreign = providers_word_explained(text)
        if foreign is not None:
            return foreign
    raise _unknown(word, is_shown=not looks_like_secret(text.strip()))


def _unknown(word: str, *, is_shown: bool) -> NotFoundError:
    near = nearest(word, all_codes(), resemblance=NEAR)
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
