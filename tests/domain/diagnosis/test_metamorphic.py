"""What must not matter to a verdict: what is wrapped around the text, where it ends, which names are in it, whose it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

import pytest

from tests.domain.diagnosis.support import WRAPPINGS
from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.diagnosis.rule import Frame, Rule
from vzctl.domain.diagnosis.table import rules

MORE_WRAPPINGS: Final[dict[str, Callable[[str], str]]] = {
    "kubectl --prefix --timestamps": lambda text: f"[pod/api-7c9f/app] 2026-01-02T03:04:05.678901234Z {text}",
    "docker compose": lambda text: f"web-1  | {text}",
    "log of a container": lambda text: json.dumps(
        {"log": f"{text}\n", "stream": "stderr", "time": "2026-01-02T03:04:05Z"}
    ),
    "logfmt": lambda text: f"time=2026-01-02T03:04:05Z level=error msg={json.dumps(text)} caller=main.go:12",
    "cause of a Node error": lambda text: f"    at async run (/srv/run.js:10:3) {{\n  [cause]: Error: {text}\n}}",
    "cause of a Java exception": lambda text: (
        f"java.lang.RuntimeException: outer\n\tat com.acme.Main.run(Main.java:7)\nCaused by: x.Inner: {text}\n\t... 12 more"
    ),
    "list of a validation": lambda text: repr([{"loc": 1, "msg": text}]),
    "page of HTML": lambda text: (
        "<pre>" + text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;") + "</pre>"
    ),
    "question in a forum": lambda text: f"Hi all, since this morning I get:\n\n```\n{text}\n```\n\nany ideas? thanks",
}
ALL_WRAPPINGS: Final = {**WRAPPINGS, **MORE_WRAPPINGS}
WRITTEN: Final = [rule for rule in rules() if rule.needs.every or rule.needs.pattern]
"""Rules that look at words; the others look at a code alone."""
FREE_STANDING: Final = [rule for rule in rules() if not re.search(r"(?<!\\)\$(?![^\[]*\])", rule.needs.pattern)]
"""Rules that do not ask where a text ends: whatever stands behind one that does makes it another text."""
NAMES: Final = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "9b2d7c11-0a4e-4f6b-8c3d-1e2f3a4b5c6d"),
    (re.compile(r"(?<=')[a-z][a-z0-9_]{1,20}(?=')"), "zz_other_9"),
    (re.compile(r"\bdb-\w+|\bprod\w*-\d+"), "elsewhere-77"),
)
PROVIDERS: Final = ("openai", "mistral", "jinaAI", "voyageAI", "huggingface", "upstageAI")
PASSED_ON: Final = "Provider '{}' returned a HTTP client error with HTTP 400; error message: {}"


def verdicts(text: str) -> list[tuple[str, str]]:
    """Return side and cause of every error found."""
    return [(verdict.side, verdict.cause) for verdict in diagnose(text)]


@pytest.mark.sampled(5)
@pytest.mark.parametrize("wrap", ALL_WRAPPINGS.values(), ids=ALL_WRAPPINGS)
def test_no_wrapping_changes_the_verdict_on_any_rules_example(wrap: Callable[[str], str]) -> None:
    judged = {rule.id: verdicts(wrap(rule.example)) for rule in FREE_STANDING}
    assert judged == {rule.id: [(rule.side, rule.cause)] for rule in FREE_STANDING}


@pytest.mark.parametrize("first", MORE_WRAPPINGS.values(), ids=MORE_WRAPPINGS)
def test_a_wrapping_in_a_wrapping_changes_nothing_either(first: Callable[[str], str]) -> None:
    escaped = ALL_WRAPPINGS["escaped three times"]
    judged = {rule.id: verdicts(escaped(first(rule.example))) for rule in FREE_STANDING[::5]}
    assert judged == {rule.id: [(rule.side, rule.cause)] for rule in FREE_STANDING[::5]}


@pytest.mark.slow
def test_a_text_may_be_cut_off_anywhere_after_what_decides() -> None:
    changed = {}
    for rule in (rule for rule in WRITTEN if rule.side != "unknown" and not rule.needs.codes):
        seen = [verdicts(rule.example[:end]) for end in range(4, len(rule.example) + 1, 2)]
        decided = seen.index([(rule.side, rule.cause)]) if [(rule.side, rule.cause)] in seen else len(seen)
        later = [found for found in seen[decided:] if found != [(rule.side, rule.cause)]]
        if later:
            changed[rule.id] = later[0]
    assert changed == {}


def test_a_text_that_is_cut_off_in_the_middle_of_a_code_blames_nobody_else() -> None:
    text = '{"errors":[{"message":"Credential not found.","errorCode":"EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE"}]}'
    sides = {diagnose(text[:end])[0].side for end in range(30, len(text))}
    assert sides <= {"astra", "unknown"}


def decides(rule: Rule, word: str) -> bool:
    """Whether a rule looks for just this word, or is about the provider of this name."""
    looked_for = [text for group in rule.needs.every for text in group]
    return (
        word.lower() in rule.needs.pattern
        or any(word.lower() in text for text in looked_for)
        or word in rule.needs.providers
    )


def with_other_names(rule: Rule) -> str:
    """Return the rule's example with other ids and names, but for a word that the rule itself looks for."""
    text = rule.example
    for shape, other in NAMES:
        for word in dict.fromkeys(shape.findall(text)):
            if not decides(rule, word):
                text = text.replace(word, other)
    return text


def test_other_ids_and_names_change_no_verdict() -> None:
    changed = {rule.id: verdicts(text) for rule in rules() if (text := with_other_names(rule)) != rule.example}
    assert len(changed) > 15
    assert changed == {rule.id: [(rule.side, rule.cause)] for rule in rules() if rule.id in changed}


def is_a_sentence_for_all(rule: Rule) -> bool:
    """Whether a rule reads words of any provider that the Data API may pass on: no host, status and provider of its own."""
    needs = rule.needs
    about = (needs.hosts, needs.statuses, needs.providers, needs.places, needs.codes)
    return Frame.PROVIDER in needs.frames and not any(about) and diagnose(rule.example)[0].code is None


SENTENCES: Final = [rule for rule in WRITTEN if is_a_sentence_for_all(rule)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_providers_sentence_that_the_data_api_passes_on_of_another_provider_means_the_same(provider: str) -> None:
    assert len(SENTENCES) > 20
    judged = {rule.id: verdicts(PASSED_ON.format(provider, rule.example)) for rule in SENTENCES}
    assert judged == {rule.id: [("provider", rule.cause)] for rule in SENTENCES}
