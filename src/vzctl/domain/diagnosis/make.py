"""Short forms in which the files of the table write their rules."""

from __future__ import annotations

from typing import Final, TypedDict, Unpack

from vzctl.domain.diagnosis.causes import Side, Who
from vzctl.domain.diagnosis.rule import ANSWER, CODE, FREE, Confidence, Frame, Needs, Rule

SETTLED: Final = ("provider", "mixed")
"""The words name a provider, beside whatever else they name."""


class More(TypedDict, total=False):
    """What a rule may need beside words, and what it may say beside the usual."""

    none: str
    pattern: str
    hosts: tuple[str, ...]
    places: tuple[str, ...]
    statuses: tuple[int, ...]
    providers: tuple[str, ...]
    callers: tuple[str, ...]
    is_unanswered: bool
    advice: str
    who: Who
    frames: tuple[Frame, ...]
    confidence: Confidence


def texts(joined: str) -> tuple[str, ...]:
    """Return the texts of a group, which are written in one string with `|` between them."""
    return tuple(text for part in joined.split("|") if (text := part.strip()))


def astra(name: str, cause: str, meaning: str, example: str, *groups: str, **more: Unpack[More]) -> Rule:
    """A rule for a text without a code that lays the error on Astra's side: one text of each group must occur."""
    return _rule(f"astra.{name}", ("astra", cause), meaning, example, _needs(groups, (), FREE, more), more)


def provider(name: str, cause: str, meaning: str, example: str, *groups: str, **more: Unpack[More]) -> Rule:
    """A rule for what a provider says, directly or passed on by the Data API: one text of each group must occur."""
    needs = _needs(groups, (), ANSWER, more)
    return _rule(f"provider.{name}", ("provider", cause), meaning, example, needs, more)


def unknown(name: str, cause: str, meaning: str, example: str, *groups: str, **more: Unpack[More]) -> Rule:
    """A rule for a text that names a problem and not its side: one text of each group must occur."""
    needs = _needs(groups, (), FREE, more)
    return _rule(f"unknown.{name}", ("unknown", cause), meaning, example, needs, more)


def refined(
    name: str,
    verdict: tuple[Side, str],
    codes: tuple[str, ...],
    meaning: str,
    message: str,
    *groups: str,
    **more: Unpack[More],
) -> Rule:
    """A rule for codes of the Data API whose text tells more than they do: one text of each group must occur."""
    needs = _needs(groups, codes, CODE, more)
    return _rule(f"code.{name}", verdict, meaning, answer(codes[0], message), needs, more)


def answer(code: str, message: str) -> str:
    """Return an answer of the Data API."""
    return f'{{"errors":[{{"message":"{message}","errorCode":"{code}"}}]}}'


def _needs(groups: tuple[str, ...], codes: tuple[str, ...], frames: tuple[Frame, ...], more: More) -> Needs:
    return Needs(
        every=tuple(texts(group) for group in groups),
        none=texts(more.get("none", "")),
        pattern=more.get("pattern", ""),
        codes=codes,
        statuses=more.get("statuses", ()),
        hosts=more.get("hosts", ()),
        places=more.get("places", ()),
        providers=more.get("providers", ()),
        callers=more.get("callers", ()),
        is_unanswered=more.get("is_unanswered", False),
        frames=more.get("frames", frames),
    )


def _rule(identity: str, verdict: tuple[Side, str], meaning: str, example: str, needs: Needs, more: More) -> Rule:
    return Rule(
        identity,
        *verdict,
        detail=identity.partition(".")[2].replace("-", " "),
        needs=needs,
        meaning=meaning,
        example=example,
        confidence=more.get("confidence", "high"),
        advice=more.get("advice", ""),
        who=more.get("who"),
    )
