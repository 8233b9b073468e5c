"""The diagnosis: whose fault the errors in a text are, what they are, and which words say so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from vzctl.domain.diagnosis.causes import Side, Who, causes
from vzctl.domain.diagnosis.hosts import ASTRA_NAMES
from vzctl.domain.diagnosis.payload import Payload, Piece, read
from vzctl.domain.diagnosis.redaction import excerpt
from vzctl.domain.diagnosis.rule import Confidence, Frame, Needs, Rule
from vzctl.domain.diagnosis.table import candidates
from vzctl.domain.masking.redaction import redacted
from vzctl.domain.pattern import Pattern
from vzctl.knowledge.loader import section

LONGEST_WHOLE: Final = 20_000
"""Up to this length a text of several records is also read as a whole, for what one line says about another."""
_RANK: Final = {"high": 0, "medium": 1, "low": 2}
_NOBODY: Final = "unknown.nothing"
UNDECIDED: Final = "insufficient_detail"
_HOSTED: Final = frozenset(
    provider for provider, entry in section("providers").items() if entry.get("hosting") == "astra-hosted"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One error of a payload: who must change something, what, how sure that is, and why."""

    side: Side
    cause: str
    detail: str
    confidence: Confidence
    provider: str | None
    code: str | None
    http_status: int | None
    retryable: bool
    rule: str
    evidence: tuple[tuple[str, str], ...]
    """Excerpts without secrets, each with what it means."""
    explanation: str
    who: Who
    """Who must act for the same call to succeed."""
    count: int = 1
    """How often the payload shows this error."""
    truncated: bool = False
    retry_after: str | None = None
    """How long the text says to wait."""
    advice: str = ""
    """What to do, where the cause's own advice does not fit."""
    is_passed_on: bool = False
    """The Data API says that the provider answered, so that what the Data API sent plays a part."""
    is_provider_certain: bool = False
    """The text proves which provider it is from."""
    """Only the beginning and the end of the payload were read."""


def diagnose(text: str | bytes, *, provider: str | None = None) -> list[Verdict]:
    """Return the errors in a payload, the surest first and then in the order of the text; never an empty list.

    `provider` is what the caller knows when the text does not say which provider it is about.
    """
    return judge(read(text), provider=provider)


def judge(payload: Payload, *, provider: str | None = None) -> list[Verdict]:
    """Return what `diagnose` does, of a payload that was unwrapped before."""
    verdicts = _merged([_judge(piece, provider) for piece in payload.pieces if not piece.is_quiet])
    decided = [verdict for verdict in verdicts if verdict.cause != UNDECIDED]
    has_quiet = any(piece.is_quiet for piece in payload.pieces)
    if not decided and has_quiet:
        # what an entry without a level of errors says counts only where no other says more
        verdicts = _merged([_judge(piece, provider) for piece in payload.pieces])
        decided = [verdict for verdict in verdicts if verdict.cause != UNDECIDED]
        has_quiet = False
    if not has_quiet and len(payload.pieces) > 1 and len(decided) <= 1 and len(payload.whole.text) <= LONGEST_WHOLE:
        decided = [_better(_judge(payload.whole, provider), decided)]
    if not decided:
        decided = verdicts[:1] or [_nothing(payload, provider)]
    decided.sort(key=lambda verdict: _RANK[verdict.confidence])
    return [replace(verdict, truncated=True) for verdict in decided] if payload.truncated else decided


def judge_response(provider: str, status: int, text: str) -> Verdict:
    """Return what a provider's own response to vzctl says, judged like one that the Data API passes on."""
    words = " ".join(text.split())
    passed_on = f"Provider '{provider}' returned a HTTP client error with HTTP {status}; error message: {words}"
    return _judge(Piece(passed_on), provider)


def _better(whole: Verdict, decided: list[Verdict]) -> Verdict:
    if not decided:
        return whole
    part = decided[0]
    if whole.side == "unknown" or _RANK[whole.confidence] > _RANK[part.confidence]:
        return part
    return replace(whole, count=part.count)


def _merged(verdicts: list[Verdict]) -> list[Verdict]:
    """Join what is the same error told again: it stays where it stood first, in its surest form."""
    groups: list[Verdict] = []
    places: dict[tuple[str, str, str | None], list[int]] = {}
    for verdict in verdicts:
        # whoever fills a payload with invented codes must not make every error be compared with every other
        alike = places.setdefault((verdict.side, verdict.cause, _telling_code(verdict)), [])
        place = next((place for place in alike if _same_provider(groups[place], verdict)), None)
        if place is None:
            alike.append(len(groups))
            groups.append(verdict)
        else:
            surest = min(groups[place], verdict, key=lambda each: _RANK[each.confidence])
            groups[place] = replace(surest, count=groups[place].count + verdict.count)
    return groups


def _telling_code(verdict: Verdict) -> str | None:
    return None if verdict.cause == UNDECIDED else verdict.code


def _same_provider(one: Verdict, other: Verdict) -> bool:
    return one.provider == other.provider or one.provider is None or other.provider is None


def _judge(piece: Piece, provider: str | None) -> Verdict:
    for rule in candidates(piece.frame, piece.fact.code if piece.fact else None, piece.words):
        hit = _hit(rule, piece)
        if hit is not None:
            return _verdict(rule, piece, hit, provider)
    return _undecided(piece, provider)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return Pattern(pattern).compiled


def _hit(rule: Rule, piece: Piece) -> tuple[int, int] | None:
    """Return where the deciding words stand when the rule holds: an empty span when no words were needed."""
    if rule.side == "provider" and piece.is_data_apis_own:
        return None
    needs = rule.needs
    if (
        needs.statuses or needs.places or needs.hosts or needs.providers or needs.callers or needs.is_unanswered
    ) and not _fits(needs, piece):
        return None
    words = piece.words
    decisive = ""
    for group in needs.every:
        for text in group:
            if text in words:
                decisive = decisive or text
                break
        else:
            return None
    for text in needs.none:
        if text in piece.words and not (text in ASTRA_NAMES and piece.is_answer_of_provider):
            return None
    if needs.pattern:
        match = _compiled(needs.pattern).search(words)
        return match.span() if match else None
    start = words.find(decisive)
    return start, start + len(decisive)


def _fits(needs: Needs, piece: Piece) -> bool:
    """Whether statuses, hosts and what the text is about are as needed."""
    if needs.statuses and piece.status not in needs.statuses:
        return False
    if needs.is_unanswered and piece.status is not None:
        return False
    if needs.callers and piece.caller not in needs.callers:
        return False
    if needs.providers and piece.provider not in needs.providers:
        return False
    if piece.frame is Frame.PROVIDER:
        return True
    if needs.hosts and not piece.owners[0].intersection(needs.hosts):
        return False
    return not needs.places or piece.place in needs.places


def _verdict(rule: Rule, piece: Piece, span: tuple[int, int], hint: str | None) -> Verdict:
    provider = piece.provider or hint
    meaning = rule.meaning
    is_hosted = provider in _HOSTED and rule.side == "provider" and piece.frame is Frame.PROVIDER
    if is_hosted:
        meaning += (
            " Astra itself runs this provider: no credential or scope is to blame, Astra's support is the way on."
        )
    return Verdict(
        side=rule.side,
        cause=rule.cause,
        detail=rule.detail,
        confidence=rule.confidence,
        provider=provider,
        code=_code(piece),
        http_status=piece.status,
        retryable=rule.may_be_retried,
        rule=rule.id,
        evidence=_evidence(rule, piece, span),
        explanation=meaning,
        who="astra" if is_hosted else rule.who or causes()[rule.side, rule.cause].who,
        count=piece.count,
        retry_after=piece.retry_after,
        advice=rule.advice,
        is_passed_on=piece.frame is Frame.PROVIDER,
        is_provider_certain=piece.speaker.is_certain,
    )


def _code(piece: Piece) -> str | None:
    if piece.fact is not None:
        return piece.fact.code
    return redacted(piece.keyed_code) if piece.keyed_code is not None else None


def _evidence(rule: Rule, piece: Piece, span: tuple[int, int]) -> tuple[tuple[str, str], ...]:
    shown: list[tuple[str, str]] = []
    if piece.fact is not None:
        shown.append((piece.fact.code, f"error code of the Data API: {piece.fact.summary}"))
    start, end = span[0] + piece.tail, span[1] + piece.tail
    if end > start:
        shown.append((excerpt(piece.text, start, end), rule.detail))
    elif piece.tail:
        shown.append((excerpt(piece.text, piece.tail, piece.tail), "what the provider said"))
    elif piece.fact is None:
        shown.append((excerpt(piece.text, *piece.status_span), "where the status stands"))
    elif piece.sentence != (0, 0):
        shown.append((excerpt(piece.text, *piece.sentence), "what the Data API said"))
    if piece.status is not None:
        shown.append((str(piece.status), "HTTP status of the innermost answer"))
    if rule.needs.hosts and piece.hosts:
        shown.append((redacted(piece.hosts[0]), "the host that was called"))
    return tuple(shown)


def _undecided(piece: Piece, hint: str | None) -> Verdict:
    status = piece.status
    evidence = [(excerpt(piece.text, *piece.complaint), "nothing in it says which side it is about")]
    if status is not None:
        evidence.append((str(status), "a status alone does not tell the side"))
    if piece.keyed_code is not None:
        known = piece.fact is not None
        evidence.append(
            (
                redacted(piece.keyed_code),
                "a code that does not tell the side" if known else "no documented code of the Data API",
            )
        )
    return Verdict(
        side="unknown",
        cause=UNDECIDED,
        detail="nothing decides",
        confidence="low",
        provider=piece.provider or hint,
        code=_code(piece),
        http_status=status,
        retryable=False,
        rule=_NOBODY,
        evidence=tuple(evidence),
        explanation="The text does not say whose error it is: the complete message, with the address that was called, would.",
        who="you",
        count=piece.count,
        is_provider_certain=piece.speaker.is_certain,
    )


def _nothing(payload: Payload, hint: str | None) -> Verdict:
    what = {"empty": "there is no text", "gzip": "this is a gzip file, not text", "binary": "this is not text"}.get(
        payload.kind, "no error"
    )
    return Verdict(
        side="unknown",
        cause=UNDECIDED,
        detail=what,
        confidence="low",
        provider=hint,
        code=None,
        http_status=None,
        retryable=False,
        rule=_NOBODY,
        evidence=(),
        explanation=f"Nothing to diagnose: {what}.",
        who="you",
    )
