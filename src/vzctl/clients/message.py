"""A request and an answer. What may be shown of an answer goes through `Reply.shown`, the one place that redacts."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vzctl.domain.diagnosis.redaction import MASK, redacted
from vzctl.domain.names import without_secrets
from vzctl.secret import Secret

SHOWN_CHARACTERS: Final = 300
SMALL_ANSWER: Final = 2 * 1024 * 1024
LARGE_ANSWER: Final = 32 * 1024 * 1024
_PIECE: Final = 6
"""So many characters in a row of a secret are never shown."""
_ENDS: Final = re.compile(r"[\w-]{0,12}\*{2,200}(?:[\w-]{0,12}\*{1,200}){0,8}[\w-]{0,12}")
"""Some providers repeat the beginning and the end of a key around a row of stars."""
LEFT_OUT: Final = "(words left out: they repeat a part of the key)"
_DECODED_AT_MOST: Final = 3
"""Texts are escaped by every layer that they pass: `%2573` is `%73` is `s`."""
_ESCAPED: Final = re.compile(r"(?:%|\\x|\\u00|\\u\{0{0,4}|=)([0-9A-Fa-f]{2})\}?")
_TAG_OR_CONTROL: Final = re.compile(r"<[^<>]{0,200}>|\\[nrtbf]")


@dataclass(frozen=True, slots=True)
class SecretHeader:
    """A header that carries a secret, with what stands before it."""

    name: str
    secret: Secret
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `party` is whom it goes to, in people's words; `settled` tells that asking again is of no use.

    `patience_seconds` is for work that takes long: it may be silent, and take, at least so long, whatever the limits are.
    """

    party: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[SecretHeader, ...] = ()
    body: Any = None
    largest_answer: int = SMALL_ANSWER
    total_seconds: float | None = None
    patience_seconds: float = 0.0
    settled: Callable[[Reply], bool] = lambda _: False

    @property
    def shown_url(self) -> str:
        """The URL without its query, and without words that look like a key."""
        return without_secrets(self.url.partition("?")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, whole. Its text comes from outside: nothing of it is shown but through `shown`."""

    call: Call
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def document(self) -> Any:
        """The JSON of the body, or None when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """The body as text, for looking into it; not for showing."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_redirect(self) -> bool:
        """Whether it points somewhere else; vzctl never follows, a key goes with every request."""
        return 300 <= self.status < 400

    def shown(self, text: str | None = None) -> str:
        """Return a text of this answer as it may be shown: short, on one line, without any part of a secret."""
        found = self.text if text is None else text
        return shown_text(found, (item.secret for item in self.call.secrets))


def shown_text(text: str, secrets: Iterable[Secret]) -> str:
    """Return a foreign text short, on one line, and without any part of these secrets or what looks like one."""
    line = " ".join(text[: SHOWN_CHARACTERS * 8].split())
    known = [secret.reveal() for secret in secrets]
    for secret in known:
        line = _without(line, secret)
    if any(_repeats(line, secret) for secret in known):
        return LEFT_OUT
    line = _ENDS.sub(MASK, redacted(line))
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"


def _without(text: str, secret: str) -> str:
    """Mask every run of characters that is part of the secret and long enough to be told."""
    length = min(_PIECE, len(secret))
    pieces = {secret[start : start + length].lower() for start in range(len(secret) - length + 1)} - {""}
    folded = text.lower()
    hidden = [False] * len(text)
    if len(folded) != len(text):  # a letter whose lower case is longer: rare, and then nothing is worth showing
        return MASK if any(piece in folded for piece in pieces) else text
    for start in range(len(text) - length + 1):
        if folded[start : start + length] in pieces:
            hidden[start : start + length] = [True] * length
    parts: list[str] = []
    for position, character in enumerate(text):
        if not hidden[position]:
            parts.append(character)
        elif not parts or parts[-1] != MASK:
            parts.append(MASK)
    return "".join(parts)


def _repeats(text: str, secret: str) -> bool:
    """Whether a part of the secret is there in another spelling: escaped, or in pieces with something in between."""
    wanted = _letters(secret)
    length = min(_PIECE, len(wanted))
    pieces = {wanted[start : start + length] for start in range(len(wanted) - length + 1)} - {""}
    plain = _decoded(text)
    return any(
        spelled[start : start + length] in pieces
        for spelled in {_letters(text), _letters(plain), _letters(_TAG_OR_CONTROL.sub("", plain))}
        for start in range(len(spelled) - length + 1)
    )


def _decoded(text: str) -> str:
    """Return the text with the escapes of URLs, JSON, HTML and mail resolved."""
    for _ in range(_DECODED_AT_MOST):
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), html.unescape(text))
    return text


def _letters(text: str) -> str:
    """Return the letters and digits alone, in lower case: no spaces, quotes, or characters without a width."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).lower()))
