"""The rules as `knowledge/rules` has them, in their order, and the rule that every error code has by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.codes import ErrorCode, generic_codes
from vzctl.domain.diagnosis.rule import CODE, PROVIDER, Frame, Needs, Rule
from vzctl.knowledge.loader import section

FIRST_OF_STATUSES: Final = "provider.status-unauthorized"
"""The first of the rules that go by a status alone: those of the providers go before it."""
REFERENCE: Final = "@"
"""How the name of a list begins that stands among texts or codes."""


@cache
def written_rules() -> tuple[Rule, ...]:
    """Return the rules that are written: in the order of the files, then of the entries."""
    found = [_rule(name, fields) for name, fields in rule_entries().items()]
    place = next(number for number, rule in enumerate(found) if rule.id == FIRST_OF_STATUSES)
    return (*found[:place], *_refusals(), *found[place:])


def _refusals() -> Iterator[Rule]:
    """Yield what a provider's status, or a word beside one, means there and not elsewhere."""
    for provider, known in section("providers").items():
        for number, entry in enumerate(known.get("refusals", ()), start=1):
            status, word = entry["statuses"][0], entry.get("words", ("refused",))[0]
            yield Rule(
                id=f"provider.refusal-{provider.lower()}-{number}",
                side="provider",
                cause=entry["cause"],
                detail="what this provider means by it",
                needs=Needs(
                    every=(tuple(entry["words"]),) if "words" in entry else (),
                    statuses=tuple(entry["statuses"]),
                    providers=(provider,),
                    frames=PROVIDER,
                ),
                meaning=causes()["provider", entry["cause"]].meaning,
                example=f"Provider '{provider}' returned a HTTP client error with HTTP {status}; error message: {word}",
                confidence="medium",
            )


@cache
def rule_entries() -> Mapping[str, Mapping[str, Any]]:
    """Return the fields of every written rule by its id, in the order of the rules."""
    return {name: fields for entries in section("rules").values() for name, fields in entries.items()}


@cache
def plain(entry: ErrorCode) -> Rule:
    """The rule for a code without any other words: made when it is asked for, as there are hundreds."""
    is_unsure = entry.is_generic or (entry.side == "provider" and not entry.is_self_evident)
    return Rule(
        id=f"code.{entry.code}",
        side=entry.side,
        cause=entry.cause,
        detail=entry.summary,
        needs=Needs(codes=(entry.code,), frames=PROVIDER if entry.side == "provider" else CODE),
        meaning=f"The Data API says: {entry.summary}.",
        example=f'{{"errors":[{{"message":"refused","errorCode":"{entry.code}"}}]}}',
        confidence="low" if entry.is_warning else "medium" if is_unsure else "high",
    )


def _rule(name: str, fields: Mapping[str, Any]) -> Rule:
    return Rule(
        id=name,
        side=fields["side"],
        cause=fields["cause"],
        detail=name.partition(".")[2].replace("-", " "),
        needs=_needs(fields),
        meaning=fields["meaning"],
        example=fields["example"],
        confidence=fields.get("confidence", "high"),
        retryable=fields.get("retryable"),
        advice=fields.get("advice", ""),
        who=fields.get("who"),
    )


def _needs(fields: Mapping[str, Any]) -> Needs:
    return Needs(
        every=tuple(_with_lists(group) for group in fields.get("every", ())),
        none=_with_lists(fields.get("none", ())),
        pattern=fields.get("pattern", ""),
        codes=_with_lists(fields.get("codes", ())),
        statuses=tuple(fields.get("statuses", ())),
        hosts=tuple(fields.get("hosts", ())),
        places=tuple(fields.get("places", ())),
        providers=tuple(fields.get("providers", ())),
        is_unanswered=fields.get("unanswered", False),
        callers=tuple(fields.get("callers", ())),
        frames=tuple(map(Frame, fields.get("frames", ("free",)))),
    )


def _with_lists(items: Iterable[str]) -> tuple[str, ...]:
    """Return texts or codes with each name of a list replaced by what is in the list."""
    return tuple(each for item in items for each in (_lists()[item] if item.startswith(REFERENCE) else (item,)))


@cache
def _lists() -> Mapping[str, Iterable[str]]:
    lists = section("rule_lists")
    named = {**lists["texts"], **lists["codes"], "generic": generic_codes()}
    return {f"{REFERENCE}{name}": items for name, items in named.items()}
