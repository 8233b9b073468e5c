"""The checks of `rules/*.toml` and `rule_lists.toml`. `rules/README.md` says what the fields mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from tools.knowledge_codes import CauseName, Step
from tools.knowledge_schema import Entry, Flag, Sentence, Side, Text, shape_faults

RuleName = Annotated[str, StringConstraints(pattern=r"^(astra|provider|unknown|code)\.[a-z0-9]+(-[a-z0-9]+)*$")]
ListName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(_[a-z]+)*$")]


def _lower_case(text: str) -> str:
    if text != text.lower():
        raise ValueError("texts are compared in lower case")
    return text


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as fault:
        raise ValueError(f"not a regular expression: {fault}") from fault
    return text


Wanted = Annotated[Text, AfterValidator(_lower_case)]
Group = Annotated[list[Wanted], Field(min_length=1)]
Codes = Annotated[list[str], Field(min_length=1)]


class StepWithOptions(Step):
    """A command with options, as the Python keyword arguments of `vzctl.command.command`."""

    options: dict[str, str | Flag] | None = None


class SelfHosted(Entry):
    """What is done on a self-hosted Data API."""

    kind: Literal["not_available", "refusal", "failure"]
    advice: Sentence
    steps: Annotated[list[StepWithOptions], Field(min_length=1)]


class Rule(Entry):
    """A table of a file in `rules`."""

    side: Side
    cause: CauseName
    meaning: Sentence
    example: Annotated[str, Field(min_length=1)]
    confidence: Literal["medium", "low"] | None = None
    advice: Sentence | None = None
    who: Literal["you", "your_account", "provider", "astra", "no_one"] | None = None
    retryable: bool | None = None
    frames: Annotated[list[Literal["free", "provider", "code"]], Field(min_length=1)] | None = None
    codes: Codes | None = None
    every: Annotated[list[Group], Field(min_length=1)] | None = None
    none: Group | None = None
    pattern: Annotated[str, AfterValidator(_regular_expression)] | None = None
    statuses: Annotated[list[Annotated[int, Field(ge=100, le=599)]], Field(min_length=1)] | None = None
    unanswered: Flag | None = None
    hosts: list[Literal["astra", "devops", "provider", "named", "data-api", "none"]] | None = None
    places: list[Literal["astra", "provider", "mixed", "none"]] | None = None
    providers: Annotated[list[Text], Field(min_length=1)] | None = None
    callers: list[Literal["astra", "provider"]] | None = None
    self_hosted: SelfHosted | None = None

    @model_validator(mode="after")
    def says_what_it_needs(self) -> Rule:
        """Raise `ValueError` where an `advice` would never be read."""
        if self.self_hosted is not None and self.advice is not None:
            raise ValueError("advice stands in self_hosted alone")
        return self


class RuleLists(Entry):
    """The whole of `rule_lists.toml`."""

    texts: dict[ListName, Group]
    codes: dict[ListName, Codes]


def rule_list_faults(sections: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of `rule_lists.toml`."""
    lists = sections["rule_lists"]
    shape = list(shape_faults(RuleLists, lists))
    yield from shape
    if shape:
        return
    for name, codes in lists["codes"].items():
        yield from (f"codes.{name}: {code} is no code" for code in codes if code not in sections["error_codes"])


def rule_faults(sections: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of `rules/*.toml`."""
    files = sections["rules"]
    shape = list(shape_faults(dict[str, dict[RuleName, Rule]], files))
    yield from shape
    if shape:
        return
    lists, codes = sections["rule_lists"], sections["error_codes"]
    texts_named = {f"@{name}" for name in lists.get("texts", {})}
    codes_named = {"@generic", *(f"@{name}" for name in lists.get("codes", {})), *codes}
    seen: set[str] = set()
    for name, rule in ((name, rule) for rules in files.values() for name, rule in rules.items()):
        if name in seen:
            yield f"{name}: there are two rules of this name"
        seen.add(name)
        if rule["cause"] not in sections["causes"].get(rule["side"], {}):
            yield f"{name}.cause: causes.toml has no [{rule['side']}.{rule['cause']}]"
        if not name.startswith((f"{rule['side']}.", "code.")):
            yield f"{name}: the name begins with neither the side nor code"
        yield from (f"{name}.codes: {code} is no code" for code in rule.get("codes", ()) if code not in codes_named)
        for text in (text for group in (*rule.get("every", ()), rule.get("none", ())) for text in group):
            if text.startswith("@") and text not in texts_named:
                yield f"{name}: rule_lists.toml has no list {text}"
