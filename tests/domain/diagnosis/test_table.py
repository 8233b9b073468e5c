"""The table of rules: every line is sound by itself, and its example reaches it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

import vzctl.domain.diagnosis
from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.codes import all_codes
from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.diagnosis.rule import Rule
from vzctl.domain.diagnosis.table import rules
from vzctl.knowledge.loader import section


def names(joined: str) -> list[str]:
    return joined.replace("|", " ").split()


CAUSES: Final = {
    "astra": names("""
        credential_not_found | scope_missing | propagation_delay | gateway_error | header_key_missing |
        auth_type_unsupported | provider_not_supported | model_not_supported | model_deprecated |
        bad_provider_parameters | bad_collection_options | dimension_mismatch | usage_vector_and_vectorize |
        usage_bad_vectorize_value | usage_no_vectorize_service | usage_no_vector | usage_sort_conflict |
        usage_multiple_vector_sorts | document_too_large | invalid_request | client_document_format |
        collection_unknown | collection_exists | collection_limit | keyspace_unknown | index_missing | astra_auth |
        astra_permission | devops_api_error | db_hibernated | astra_unavailable | astra_server_bug | client_timeout
    """),
    "provider": names("""
        header_key_missing | invalid_key | key_permission_denied | model_access_denied | region_unsupported |
        network_blocked | rate_limited | quota_exhausted | input_too_long | batch_too_large | invalid_input |
        content_filter | model_not_found | deployment_not_found | endpoint_retired | endpoint_paused |
        model_loading | bad_host | provider_unavailable | provider_timeout | provider_bad_response |
        provider_bad_request | model_deprecated | bad_provider_parameters
    """),
    "unknown": names("""
        insufficient_detail | connection_refused | connection_reset | dns_failure | client_config | header_key_missing
    """),
}
RETRYABLE: Final = names("""
    astra_unavailable | client_timeout | connection_refused | connection_reset | db_hibernated | dns_failure |
    gateway_error | model_loading | propagation_delay | provider_timeout | provider_unavailable | rate_limited
""")
SOURCES: Final = Path(vzctl.domain.diagnosis.__file__).parent


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_the_example_of_a_rule_is_recognized_by_that_rule_alone(rule: Rule) -> None:
    assert [(each.rule, each.side, each.cause) for each in diagnose(rule.example)] == [(rule.id, rule.side, rule.cause)]


def test_no_two_rules_share_an_id() -> None:
    assert [name for name, times in Counter(rule.id for rule in rules()).items() if times > 1] == []


def test_every_cause_belongs_to_its_side() -> None:
    assert [rule.id for rule in rules() if rule.cause not in CAUSES[rule.side]] == []
    assert [fact.code for fact in all_codes().values() if fact.cause not in CAUSES[fact.side]] == []


def test_every_side_and_cause_that_text_alone_can_tell_has_a_rule() -> None:
    told = {(rule.side, rule.cause) for rule in rules()}
    assert {(side, cause) for side, found in CAUSES.items() for cause in found} - told == {
        ("astra", "propagation_delay")
    }


def test_only_causes_that_pass_without_a_change_are_retryable() -> None:
    assert {cause.name for cause in causes().values() if cause.retryable} == set(RETRYABLE)


def test_every_rule_explains_itself_in_sentences() -> None:
    assert [rule.id for rule in rules() if not rule.meaning.endswith(".") or not rule.meaning[0].isupper()] == []


def test_the_texts_of_every_rule_are_in_lower_case_and_not_empty() -> None:
    groups = [(rule.id, group) for rule in rules() for group in (*rule.needs.every, rule.needs.none)]
    assert [name for name, group in groups if any(not text or text != text.lower() for text in group)] == []
    assert [rule.id for rule in rules() if not all(rule.needs.every)] == []


def test_every_code_has_words_of_its_own() -> None:
    current = [fact.summary for fact in all_codes().values() if not fact.is_legacy]
    assert [meaning for meaning, times in Counter(current).items() if times > 1] == []
    assert [fact.code for fact in all_codes().values() if len(fact.summary) < 15] == []


def unbounded_quantifiers(pattern: str) -> list[str]:
    """Return the quantifiers without an upper bound, outside of character classes."""
    bare = re.sub(r"\\.", "e", pattern)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "c", bare)
    return re.findall(r"[*+]|\{\d*,\}", bare)


@pytest.mark.parametrize(
    ("pattern", "expected"), [("a{1,9}[*+]", []), (r"\*", []), ("a*", ["*"]), ("(a+)?", ["+"]), ("a{2,}", ["{2,}"])]
)
def test_unbounded_quantifiers_are_found(pattern: str, expected: list[str]) -> None:
    assert unbounded_quantifiers(pattern) == expected


def test_no_regular_expression_has_a_quantifier_without_a_bound() -> None:
    used = {rule.needs.pattern for rule in rules()}
    for source in SOURCES.glob("*.py"):
        text = source.read_text(encoding="utf-8")
        assert "re.compile(" not in text.replace("re.compile(self._text", ""), source.name
        for call in re.findall(r"Pattern\(\n?(.*?)\n?\)\n", text, flags=re.DOTALL):
            used.update(re.findall(r'r"((?:[^"\\]|\\.)*)"', call))
    for entry in section("providers").values():
        used.update(entry["recognized_by"].get("body_patterns", ()))
    assert len(used) > 30
    assert {pattern: found for pattern in used if (found := unbounded_quantifiers(pattern))} == {}
