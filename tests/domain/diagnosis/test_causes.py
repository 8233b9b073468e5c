"""The table of causes: one line for every cause that a rule can give, and every line fit to be read by a person."""

from __future__ import annotations

import string
from collections import Counter

import pytest

from tests.docs.test_pages import is_command
from vzctl.domain.diagnosis.causes import Cause, causes
from vzctl.domain.diagnosis.codes import all_codes
from vzctl.domain.diagnosis.table import rules


def test_every_cause_that_a_rule_a_code_or_the_state_gives_has_a_line() -> None:
    given = {(rule.side, rule.cause) for rule in rules()} | {(fact.side, fact.cause) for fact in all_codes().values()}
    given |= {("astra", "propagation_delay"), ("unknown", "insufficient_detail")}
    assert given - causes().keys() == set()


def test_no_line_stands_there_without_anything_that_gives_its_cause() -> None:
    given = {(rule.side, rule.cause) for rule in rules()}
    assert set(causes()) - given == {("astra", "propagation_delay")}


def test_a_cause_is_retryable_on_every_side_that_has_it_or_on_none() -> None:
    retryable = {cause.name for cause in causes().values() if cause.retryable}
    assert retryable & {cause.name for cause in causes().values() if not cause.retryable} == set()


@pytest.mark.parametrize("cause", causes().values(), ids=lambda cause: f"{cause.side}-{cause.name}")
def test_a_line_is_written_in_sentences_and_names_a_command_that_exists(cause: Cause) -> None:
    for text in (cause.meaning, cause.advice):
        assert text[0].isupper()
        assert text.endswith(".")
    assert bool(cause.command) == bool(cause.comment)
    fields = {name for _, name, _, _ in string.Formatter().parse(str(cause.command or "")) if name}
    assert fields <= {"provider", "code"}
    assert not cause.command or is_command(str(cause.command).split()[1:])


def test_no_two_causes_of_a_side_mean_the_same() -> None:
    meanings = Counter((cause.side, cause.meaning) for cause in causes().values())
    assert [meaning for meaning, times in meanings.items() if times > 1] == []
