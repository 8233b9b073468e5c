"""What a rule of the diagnosis says, and what a text must show for the rule to speak."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, NamedTuple

from vzctl.domain.diagnosis.causes import Side, Who, causes

Confidence = Literal["high", "medium", "low"]


class Frame(Enum):
    """What is already settled about a piece of text when the rules read it."""

    FREE = "free"
    """No code and no fixed sentence of the Data API: everything is open."""
    PROVIDER = "provider"
    """The Data API says that the provider answered; only what the provider said is read, and only for the cause."""
    CODE = "code"
    """A code of the Data API that lays the error on Astra's side, unless its text is known to hide another."""


class Needs(NamedTuple):
    """What a piece of text must show. Every field that is given must hold; texts are in lower case."""

    every: tuple[tuple[str, ...], ...] = ()
    """Of each group at least one text occurs."""
    none: tuple[str, ...] = ()
    pattern: str = ""
    """A regular expression that is tried last. Its quantifiers are bounded: a near match must stay cheap."""
    codes: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    hosts: tuple[str, ...] = ()
    """Whose host the text names: `astra`, `devops`, `provider`, `named` (built from parameters), `data-api`, `none`."""
    places: tuple[str, ...] = ()
    """Whom the words are about: `astra`, `provider`, `mixed`, `none`. Settled already in `Frame.PROVIDER`."""
    providers: tuple[str, ...] = ()
    is_unanswered: bool = False
    """The text has no HTTP status: nothing answered, and perhaps nothing was called."""
    callers: tuple[str, ...] = ()
    """Whose client library the innermost frame of a stack trace is in: `astra` or `provider`."""
    frames: tuple[Frame, ...] = (Frame.FREE,)


class Rule(NamedTuple):
    """One line of the table: when `needs` holds, `side` must change something, and `cause` says what."""

    id: str
    side: Side
    cause: str
    detail: str
    """What is particular to this rule, in a few words: the cause alone is coarser."""
    needs: Needs
    meaning: str
    """What it means for the person who reads it, as a sentence."""
    example: str
    """A text that this rule, and no rule before it, recognizes."""
    confidence: Confidence = "high"
    retryable: bool | None = None
    advice: str = ""
    """What to do, where the advice of the cause would be too general or wrong."""
    who: Who | None = None
    """Who must act, where it is not who the cause says."""

    @property
    def may_be_retried(self) -> bool:
        """Whether the same call may succeed later although nobody changes anything."""
        return causes()[self.side, self.cause].retryable if self.retryable is None else self.retryable


CODE: Final = (Frame.CODE,)
PROVIDER: Final = (Frame.PROVIDER,)
