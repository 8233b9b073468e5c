"""What a section of the knowledge must look like: types for its entries, and how their faults are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError


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


def _https(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be https://HOST or https://HOST/PATH")
    return text.rstrip("/")


Flag = Literal[True]
"""A flag that does not apply is left out."""
Text = Annotated[str, AfterValidator(_one_line)]
Sentence = Annotated[Text, AfterValidator(_sentence)]
Phrase = Annotated[Text, AfterValidator(_phrase)]
Side = Literal["astra", "provider", "unknown"]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Lower = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^A-Z]+$")]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*\.[a-z]+$")]
Url = Annotated[str, AfterValidator(_https)]


def shape_faults(expected: Any, found: object) -> Iterator[str]:
    """Yield what does not fit the type, each with its place: `ENTRY.field: …`."""
    try:
        TypeAdapter[Any](expected).validate_python(found)
    except ValidationError as fault:
        for error in fault.errors(include_url=False):
            place = ".".join(_named([part for part in error["loc"] if not str(part).startswith("function-")], found))
            reason = error["msg"].removeprefix("Value error, ")
            yield f"{place}: {reason}" if place else reason


def _named(location: list[str | int], found: Any) -> Iterator[str]:
    """Yield the parts of a place; an entry of a list by its name, where it has one."""
    for part in location:
        holds = isinstance(found, list) or (isinstance(found, dict) and part in found)
        found = found[part] if holds else None
        yield str(found.get("name", part) if isinstance(part, int) and isinstance(found, dict) else part)


def placeholders(text: str) -> Iterator[str]:
    """Yield the words in braces."""
    return (match[1] for match in re.finditer(r"\{(\w+)\}", text))
