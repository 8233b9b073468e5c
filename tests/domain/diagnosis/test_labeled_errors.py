"""How right the diagnosis is on labeled errors: those of this repository, and more of them where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.domain.diagnosis.support import SHARED
from tests.support.recorded import HERE, exchanges
from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.diagnosis.table import rules

ERRORS: Final = Path(__file__).resolve().parents[2] / "data" / "errors"
OWN: Final = tuple(sorted(ERRORS.glob("*.jsonl")))
ELSEWHERE: Final = tuple(SHARED / "errors" / name for name in ("dev.jsonl", "dev2.jsonl", "recorded_dev.jsonl"))


def labeled(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def recorded() -> list[dict[str, Any]]:
    """Return the errors among the recorded exchanges, as the Data API answered them."""
    return [
        {**exchange, "payload": json.dumps(exchange["response"]["body"])}
        for exchange in exchanges(HERE)
        if "cause" in exchange
    ]


CASES: Final = [*recorded(), *(case for path in OWN for case in labeled(path))]


def judged(case: dict[str, Any]) -> tuple[str, str]:
    verdict = diagnose(case["payload"])[0]
    return verdict.side, verdict.cause


def decided(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the cases that the text alone decides."""
    return [case for case in cases if not case.get("contested")]


def test_there_are_enough_of_them_in_every_form() -> None:
    assert len(CASES) >= 100
    assert {case["side"] for case in CASES} == {"astra", "provider", "unknown"}
    assert {case.get("format") for case in CASES} >= {
        *("client-text", "log", "data-api-json", "data-api-legacy-json", "provider-json", "provider-text")
    }


def test_the_side_is_always_right_and_the_cause_nearly_always() -> None:
    verdicts = [(case, judged(case)) for case in decided(CASES)]
    assert [case["id"] for case, (side, _) in verdicts if side != case["side"]] == []
    wrong = [case["id"] for case, (_, cause) in verdicts if cause != case["cause"]]
    assert len(wrong) <= len(verdicts) // 50, wrong


def test_no_side_is_swapped_where_the_text_alone_leaves_room() -> None:
    sides = {case["id"]: (judged(case)[0], case["side"]) for case in CASES if case.get("contested")}
    assert {name: pair for name, pair in sides.items() if set(pair) == {"astra", "provider"}} == {}


def test_the_provider_is_named_where_the_text_proves_it_and_nowhere_else() -> None:
    named = {case["id"]: diagnose(case["payload"])[0].provider for path in OWN for case in labeled(path)}
    assert named == {case["id"]: case["provider"] for path in OWN for case in labeled(path)}


def test_no_example_of_a_rule_is_a_labeled_error() -> None:
    texts = {case["payload"] for case in CASES}
    texts |= {case["payload"] for path in ELSEWHERE if path.exists() for case in labeled(path)}
    assert [rule.id for rule in rules() if rule.example in texts] == []


@pytest.mark.comparison
@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: path.stem)
def test_more_labeled_errors_are_judged_rightly(path: Path) -> None:
    verdicts = [(case, judged(case)) for case in decided(labeled(path))]
    assert [case["id"] for case, (side, _) in verdicts if {side, case["side"]} == {"astra", "provider"}] == []
    assert sum(side == case["side"] for case, (side, _) in verdicts) >= 0.97 * len(verdicts)
    assert sum(cause == case["cause"] for case, (_, cause) in verdicts) >= 0.9 * len(verdicts)
