"""The error codes of the Data API, current and legacy, as `diagnose` and `explain` both read them.

What is known of a code is in `knowledge/error_codes.toml`, the sentences that say the same in `knowledge/sentences.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from vzctl.domain.diagnosis.causes import Side, causes
from vzctl.knowledge.loader import section


class ErrorCode(NamedTuple):
    """One error code. The fields are those of `error_codes.toml`, which explains them."""

    code: str
    side: Side
    cause: str
    summary: str
    meaning: str
    fix: str
    is_documented: bool
    """Whether a list of the Data API has it, or has had it; others were only sent."""
    how_to_decide: str | None
    family: tuple[str, ...]
    scope: tuple[str, ...]
    replaced_by: tuple[str, ...]
    provider_code: str | None
    is_legacy: bool
    is_warning: bool
    is_about_vectorize: bool
    is_generic: bool
    is_common_word: bool
    is_self_evident: bool

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later although nobody changes anything."""
        return causes()[self.side, self.cause].retryable


@cache
def code_names() -> frozenset[str]:
    """Return the name of every known code."""
    return frozenset(section("error_codes"))


@cache
def generic_codes() -> tuple[str, ...]:
    """Return the names of the codes that only say that something failed inside, sorted."""
    return tuple(sorted(code for code, fields in section("error_codes").items() if "generic" in fields))


def known_code(code: str) -> ErrorCode | None:
    """Return what is known of a code, by its exact name. It is read then: a diagnosis needs only few of them."""
    return _error_code(code) if code in section("error_codes") else None


@cache
def all_codes() -> Mapping[str, ErrorCode]:
    """Return every known code by its name, sorted."""
    return {code: _error_code(code) for code in sorted(section("error_codes"))}


@cache
def error_codes() -> Mapping[str, ErrorCode]:
    """Return the codes that the Data API documents, or has documented, by their names, sorted."""
    return {code: entry for code, entry in all_codes().items() if entry.is_documented}


@cache
def fixed_sentences() -> tuple[tuple[str, str], ...]:
    """Return sentences of the Data API, in lower case, each with the code that says the same; the first found decides."""
    return tuple((entry["text"], entry["code"]) for entry in section("sentences")["sentences"])


@cache
def _error_code(code: str) -> ErrorCode:
    fields = section("error_codes")[code]
    summary = fields["summary"]
    return ErrorCode(
        code=code,
        side=fields["side"],
        cause=fields["cause"],
        summary=summary,
        meaning=fields.get("meaning") or f"{summary[0].upper()}{summary[1:]}.",
        fix=fields.get("fix") or causes()[fields["side"], fields["cause"]].advice,
        is_documented="meaning" in fields,
        how_to_decide=fields.get("how_to_decide"),
        family=tuple(fields.get("family", ())),
        scope=tuple(fields.get("scope", ())),
        replaced_by=tuple(fields.get("replaced_by", ())),
        provider_code=fields.get("provider_code"),
        is_legacy="legacy" in fields,
        is_warning="warning" in fields,
        is_about_vectorize="vectorize" in fields,
        is_generic="generic" in fields,
        is_common_word="common_word" in fields,
        is_self_evident="self_evident" in fields,
    )
