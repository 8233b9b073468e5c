"""A request and an answer. What may be shown of an answer goes through `Reply.shown`, the one place that redacts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vzctl.domain.masking.disclosure import discloses, without_unseen
from vzctl.domain.masking.redaction import MASK, redacted, without_secrets
from vzctl.errors import AstraError
from vzctl.secret import Secret

SHOWN_CHARACTERS: Final = 300
SMALL_ANSWER: Final = 2 * 1024 * 1024
LARGE_ANSWER: Final = 32 * 1024 * 1024
_ENDS: Final = re.compile(r"[\w-]{0,12}\*{2,200}(?:[\w-]{0,12}\*{1,200}){0,8}[\w-]{0,12}")
"""Some providers repeat the beginning and the end of a key around a row of stars."""
LEFT_OUT: Final = "(response not shown: it repeats part of the key)"


@dataclass(frozen=True, slots=True)
class SecretHeader:
    """A header that carries a secret, with what stands before it."""

    name: str
    secret: Secret
    prefix: str = ""
    what: str = "a key"
    """What it is, for the question whether it may be sent to a host."""


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
    line = " ".join(without_unseen(" ".join(text[: SHOWN_CHARACTERS * 8].split())).split())
    known = [secret.reveal() for secret in secrets]
    for secret in known:
        line = line.replace(secret, MASK) if secret else line
    line = _ENDS.sub(MASK, line)
    if any(discloses(line, secret) for secret in known):
        return LEFT_OUT
    line = redacted(line)
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"


def unexpected_reply(party: str, reply: Reply, words: str) -> AstraError:
    """Return the error for an answer of Astra's that is none to what was asked; `words` say what was expected."""
    return AstraError(
        f"{party} answered HTTP {reply.status}{words}",
        code="ASTRA_UNEXPECTED_ANSWER",
        retryable=reply.status >= 500 or reply.status == 429,
        http_status=reply.status,
    )
