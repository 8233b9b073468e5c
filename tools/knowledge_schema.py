"""What a section of the knowledge must look like: types for its entries, and how their faults are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError


class Entry(BaseModel):
    """An entry: no field but those that are named, and each of exactly its type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _one_line(text: str) -> str:
    if not text or text != " ".join(text.split()):
        raise ValueError("a text is one line, without spaces around it or doubled, and not empty")
    return text


def _sentence(text: str) -> str:
    if not text.endswith("."):
        raise ValueError("a sentence ends with a period")
    return text


def _phrase(text: str) -> str:
    if text.endswith("."):
        raise ValueError("a phrase inside a sentence has no period")
    return text


Flag = Literal[True]
"""A flag that does not apply is left out."""
Text = Annotated[str, AfterValidator(_one_line)]
Sentence = Annotated[Text, AfterValidator(_sentence)]
Phrase = Annotated[Text, AfterValidator(_phrase)]
Side = Literal["astra", "provider", "unknown"]


def shape_faults(expected: Any, found: object) -> Iterator[str]:
    """Yield what does not fit the type, each with its place: `ENTRY.field: …`."""
    try:
        TypeAdapter[Any](expected).validate_python(found)
    except ValidationError as fault:
        for error in fault.errors(include_url=False):
            place = ".".join(str(part) for part in error["loc"] if not str(part).startswith("function-"))
            yield f"{place}: {error['msg'].removeprefix('Value error, ')}"
