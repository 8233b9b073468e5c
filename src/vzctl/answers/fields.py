"""Single values of an answer: the form is checked, and texts are only let through when a state may hold them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from vzctl.answers.failure import malformed
from vzctl.domain.masking.redaction import MASK, looks_like_secret

LONGEST_TEXT: Final = 256
LARGEST_DIMENSION: Final = 2**31 - 1
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHOWN_AT_MOST: Final = 60


class UnholdableError(ValueError):
    """A text that no state may hold. It spoils the one thing that it belongs to, not the whole answer."""


class Reader:
    """Reads one file's values; `place` is where they are, in words: `collection 3`."""

    def __init__(self, source: str) -> None:
        self.source = source

    def table(self, value: object, place: str) -> Mapping[str, Any]:
        """Return an object."""
        if not isinstance(value, dict):
            raise malformed(self.source, place, "is no object")
        return value

    def optional_table(self, parent: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
        """Return the object under the key, an empty one when there is none."""
        value = parent.get(key)
        return {} if value is None else self.table(value, f'{place}, "{key}",')

    def rows(self, value: object, place: str) -> list[Any]:
        """Return a list."""
        if not isinstance(value, list):
            raise malformed(self.source, place, "is no list")
        return value

    def text(self, parent: Mapping[str, Any], key: str, place: str) -> str:
        """Return the text under the key."""
        value = parent.get(key)
        if not isinstance(value, str) or not value:
            raise malformed(self.source, place, f'has no "{key}", or it is no text')
        return value

    def optional_text(self, parent: Mapping[str, Any], key: str, place: str) -> str | None:
        """Return the text under the key, or None; raise `UnholdableError` when a state may not hold it."""
        value = parent.get(key)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise malformed(self.source, place, f'has a "{key}" that is no text')
        if not is_holdable(value):
            raise UnholdableError(f'its "{key}" is no printable text of at most {LONGEST_TEXT} characters')
        return value

    def dimension(self, parent: Mapping[str, Any], place: str) -> int | None:
        """Return the length of vectors, or None."""
        value = parent.get("dimension")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_DIMENSION:
            raise malformed(self.source, place, 'has a "dimension" that is no whole number above 0')
        return value

    def parameters(self, service: Mapping[str, Any], known: frozenset[str], place: str) -> dict[str, Any]:
        """Return a service's parameters. One that vzctl does not know may be anything, so no key of it is kept."""
        found = {}
        for name, value in self.optional_table(service, "parameters", place).items():
            if not is_holdable(name):
                raise UnholdableError(
                    f"the name of a parameter is no printable text of at most {LONGEST_TEXT} characters"
                )
            if value is not None:
                found[name] = _parameter(value, is_known=name in known)
        return found


def _parameter(value: Any, *, is_known: bool) -> str | bool | int | float:
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    text = text.encode("ascii", "backslashreplace").decode() if not text.isprintable() else text
    if not is_known and looks_like_secret(text):
        return MASK
    return text[:LONGEST_TEXT]


def is_holdable(text: str) -> bool:
    """Whether a text may be kept: printable, and not endless."""
    return text.isprintable() and len(text) <= LONGEST_TEXT


def place_name_fault(name: str) -> str | None:
    """Return why a keyspace, collection, table or column of this name cannot be addressed, or None when it can."""
    if looks_like_secret(name):
        return "its name looks like a key"
    if len(name) > LONGEST_TEXT or not _NAME.fullmatch(name):
        return "its name cannot be part of an address: letters, digits, '_', '.' and '-' can"
    return None


def shown(text: str) -> str:
    """Return a foreign name in quotes, fit for a message: printable, not endless, and no key."""
    if looks_like_secret(text):
        return f'"{MASK}"'
    cut = text if len(text) <= _SHOWN_AT_MOST else f"{text[:_SHOWN_AT_MOST]}…"
    return f'"{cut}"' if cut.isprintable() else ascii(cut)
