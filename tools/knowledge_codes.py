"""The checks of `error_codes.toml`, `causes.toml` and `sentences.toml`. The files say what their fields mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from tools.knowledge_schema import Entry, Flag, Phrase, Sentence, Side, Text, shape_faults

CodeName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*[A-Z0-9]$")]
CauseName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(_[a-z]+)*$")]
Family = Literal["REQUEST", "SERVER"]
Scope = Literal[
    "DATABASE",
    "DOCUMENT",
    "EMBEDDING_PROVIDER",
    "FILTER",
    "PROJECTION",
    "RERANKING_PROVIDER",
    "SCHEMA",
    "SECURITY",
    "SORT",
    "UPDATE",
    "WARNING",
]


class ErrorCode(Entry):
    """A table of `error_codes.toml`."""

    side: Side
    cause: CauseName
    summary: Phrase
    meaning: Sentence | None = None
    fix: Sentence | None = None
    how_to_decide: Sentence | None = None
    family: Annotated[list[Family], Field(min_length=1)] | None = None
    scope: Annotated[list[Scope], Field(min_length=1)] | None = None
    legacy: Flag | None = None
    replaced_by: Annotated[list[CodeName], Field(min_length=1)] | None = None
    warning: Flag | None = None
    vectorize: Flag | None = None
    generic: Flag | None = None
    common_word: Flag | None = None
    self_evident: Flag | None = None
    provider_code: CodeName | None = None

    @model_validator(mode="after")
    def fields_fit_each_other(self) -> ErrorCode:
        """Raise `ValueError` where one field needs, or excludes, another."""
        if (self.meaning is None) != (self.fix is None):
            raise ValueError("meaning and fix stand together, or both are left out")
        if not self.legacy and (self.meaning is None or self.family is None):
            raise ValueError("a code that is not legacy has a meaning, a fix and a family")
        if self.replaced_by and not self.legacy:
            raise ValueError("only a legacy code is replaced_by another")
        if self.side == "unknown" and self.how_to_decide is None:
            raise ValueError("where the side is unknown, how_to_decide says what settles it")
        return self


class Cause(Entry):
    """A table of a side in `causes.toml`."""

    meaning: Sentence
    advice: Sentence
    who: Literal["your_account", "provider", "astra", "no_one"] | None = None
    retryable: Flag | None = None
    next_step: str | None = None


class Step(Entry):
    """A table of `next_steps` in `causes.toml`."""

    command: Annotated[list[Text], Field(min_length=1)]
    comment: Phrase


class Causes(Entry):
    """The whole of `causes.toml`."""

    next_steps: dict[str, Step]
    astra: dict[CauseName, Cause]
    provider: dict[CauseName, Cause]
    unknown: dict[CauseName, Cause]


class FixedSentence(Entry):
    """A line of `sentences.toml`."""

    text: Text
    code: CodeName


class Sentences(Entry):
    """The whole of `sentences.toml`."""

    sentences: list[FixedSentence]


def cause_faults(sections: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of `causes.toml`."""
    causes = sections["causes"]
    shape = list(shape_faults(Causes, causes))
    yield from shape
    if shape:
        return
    for side in ("astra", "provider", "unknown"):
        for name, cause in causes[side].items():
            if cause.get("next_step", "") and cause["next_step"] not in causes["next_steps"]:
                yield f"{side}.{name}.next_step: there is no [next_steps.{cause['next_step']}]"


def code_faults(sections: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of `error_codes.toml`."""
    codes, causes = sections["error_codes"], sections["causes"]
    shape = list(shape_faults(dict[CodeName, ErrorCode], codes))
    yield from shape
    if shape:
        return
    for code, entry in codes.items():
        if entry["cause"] not in causes.get(entry["side"], {}):
            yield f"{code}.cause: causes.toml has no [{entry['side']}.{entry['cause']}]"
        for field in ("replaced_by", "provider_code"):
            named = entry.get(field, [])
            for name in [named] if isinstance(named, str) else named:
                if name not in codes or name == code:
                    yield f"{code}.{field}: {name} is no other code"


def sentence_faults(sections: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of `sentences.toml`."""
    shape = list(shape_faults(Sentences, sections["sentences"]))
    yield from shape
    if shape:
        return
    texts: list[str] = []
    for entry in sections["sentences"]["sentences"]:
        text = entry["text"]
        if text != text.lower():
            yield f'"{text}": not in lower case'
        if entry["code"] not in sections["error_codes"]:
            yield f'"{text}": {entry["code"]} is no code of error_codes.toml'
        if any(earlier in text for earlier in texts):
            yield f'"{text}": never reached, as an earlier sentence is part of it'
        texts.append(text)
