"""The error codes of the Data API: all are known, each says something of its own, and nobody is blamed wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from vzctl.domain.diagnosis.causes import Side
from vzctl.domain.diagnosis.codes import all_codes, error_codes
from vzctl.domain.diagnosis.engine import diagnose
from vzctl.usecases.diagnosis.codes_in_text import codes_in, probable_code

# The names of every code in the Data API's list of errors, and of those that earlier releases had in it or in an enum.
DOCUMENTED: Final = (Path(__file__).resolve().parents[1] / "data" / "data_api_codes.txt").read_text(encoding="utf-8")

CAUSES: Final[dict[Side, set[str]]] = {
    "astra": {
        *("credential_not_found", "scope_missing", "gateway_error", "header_key_missing", "auth_type_unsupported"),
        *("provider_not_supported", "model_not_supported", "model_deprecated", "bad_provider_parameters"),
        *("bad_collection_options", "dimension_mismatch", "usage_vector_and_vectorize", "usage_bad_vectorize_value"),
        *("usage_no_vectorize_service", "usage_no_vector", "usage_sort_conflict", "usage_multiple_vector_sorts"),
        *("document_too_large", "invalid_request", "collection_unknown", "collection_exists", "collection_limit"),
        *(
            "keyspace_unknown",
            "index_missing",
            "astra_auth",
            "astra_permission",
            "astra_unavailable",
            "astra_server_bug",
        ),
    },
    "provider": {
        *("invalid_key", "rate_limited", "quota_exhausted", "bad_host", "provider_unavailable", "provider_timeout"),
        *("provider_bad_response", "provider_bad_request"),
    },
    "unknown": {"insufficient_detail"},
}

AT_THE_PROVIDER: Final = {
    "EMBEDDING_PROVIDER_BAD_HOST_NAME",
    "EMBEDDING_PROVIDER_CLIENT_ERROR",
    "EMBEDDING_PROVIDER_INVALID_REQUEST",
    "EMBEDDING_PROVIDER_INVALID_RESPONSE",
    "EMBEDDING_PROVIDER_RATE_LIMITED",
    "EMBEDDING_PROVIDER_SERVER_ERROR",
    "EMBEDDING_PROVIDER_TIMEOUT",
    "EMBEDDING_PROVIDER_UNAVAILBLE",
    "EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE",
    "EMBEDDING_RESPONSE_DECODING_ERROR",
    "RERANKING_PROVIDER_CLIENT_ERROR",
    "RERANKING_PROVIDER_RATE_LIMITED",
    "RERANKING_PROVIDER_SERVER_ERROR",
    "RERANKING_PROVIDER_TIMEOUT",
    "RERANKING_PROVIDER_UNEXPECTED_RESPONSE",
}
EVERY: Final = list(error_codes().values())


def test_every_documented_code_is_known_and_no_other() -> None:
    assert list(error_codes()) == DOCUMENTED.split()


def test_no_two_codes_have_the_same_meaning_or_the_same_advice() -> None:
    for texts in ([item.meaning for item in EVERY], [item.fix for item in EVERY]):
        plain = [" ".join(text.casefold().rstrip(".").split()) for text in texts]
        assert sorted({text for text in plain if plain.count(text) > 1}) == []


def test_meaning_and_advice_are_sentences_that_do_not_just_repeat_the_name() -> None:
    for item in EVERY:
        name = set(item.code.casefold().split("_"))
        for text, fewest_words in ((item.meaning, 6), (item.fix, 4)):
            words = text.split()
            assert (item.code, text[-1], text) == (item.code, ".", " ".join(words))
            assert len(words) >= fewest_words, item.code
            assert len({word.casefold().strip(".,;:") for word in words} - name) >= 3, item.code


def test_a_cause_is_one_that_the_side_can_have() -> None:
    assert [item.code for item in EVERY if item.cause not in CAUSES[item.side]] == []


def test_only_codes_without_a_speaker_leave_the_side_open_and_they_say_how_to_decide() -> None:
    undecided = {item.code: item.how_to_decide for item in EVERY if item.side == "unknown"}
    assert set(undecided) == {"CLIENT_ERROR", "SERVER_ERROR"}
    assert all(text and "EMBEDDING_PROVIDER" in text for text in undecided.values())
    unhandled = [error_codes()[code] for code in ("UNEXPECTED_SERVER_ERROR", "SERVER_UNHANDLED_ERROR")]
    assert all(item.how_to_decide and "provider" in item.how_to_decide for item in unhandled)


def test_the_provider_is_blamed_for_exactly_what_it_answered_or_failed_to_answer() -> None:
    assert {item.code for item in EVERY if item.side == "provider"} == AT_THE_PROVIDER


@pytest.mark.parametrize(
    ("code", "side", "cause"),
    [
        ("EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED", "astra", "header_key_missing"),
        ("EMBEDDING_PROVIDER_API_KEY_MISSING", "astra", "header_key_missing"),
        ("EMBEDDING_PROVIDER_UNAVAILABLE", "astra", "provider_not_supported"),
        ("EMBEDDING_PROVIDER_UNAVAILBLE", "provider", "provider_unavailable"),
        ("VECTORIZE_SERVICE_TYPE_UNAVAILABLE", "astra", "provider_not_supported"),
        ("UNAVAILABLE_EMBEDDING_SERVICE", "astra", "usage_no_vectorize_service"),
        ("EMBEDDING_GATEWAY_RATE_LIMITED", "astra", "gateway_error"),
        ("EMBEDDING_PROVIDER_RATE_LIMITED", "provider", "rate_limited"),
        ("VECTORIZE_CREDENTIAL_INVALID", "astra", "credential_not_found"),
        ("EMBEDDING_PROVIDER_BAD_HOST_NAME", "provider", "bad_host"),
        ("EMBEDDING_PROVIDER_CLIENT_ERROR", "provider", "provider_bad_request"),
        ("UNAUTHENTICATED_REQUEST", "astra", "astra_auth"),
        ("UNEXPECTED_SERVER_ERROR", "astra", "astra_server_bug"),
        ("SERVER_ERROR", "unknown", "insufficient_detail"),
    ],
)
def test_names_that_mislead_have_the_right_side_and_cause(code: str, side: Side, cause: str | None) -> None:
    assert (error_codes()[code].side, error_codes()[code].cause) == (side, cause)


@pytest.mark.sampled(200)
@pytest.mark.parametrize("code", all_codes())
@pytest.mark.parametrize(
    "form", ["{}", '{{"errors":[{{"message":"refused","errorCode":"{}"}}]}}'], ids=["alone", "answer"]
)
def test_what_is_explained_and_what_is_diagnosed_agree(code: str, form: str) -> None:
    explained = all_codes()[code]
    diagnosed = [(each.side, each.cause, each.retryable, each.code) for each in diagnose(form.format(code))]
    assert diagnosed == [(explained.side, explained.cause, explained.retryable, code)]


def test_only_legacy_codes_are_replaced_and_every_replacement_leads_to_a_current_code() -> None:
    assert [item.code for item in EVERY if item.replaced_by and not item.is_legacy] == []
    for item in EVERY:
        for name in item.replaced_by:
            replacement = error_codes()[name]
            assert not replacement.is_legacy or not any(
                error_codes()[last].is_legacy for last in replacement.replaced_by
            )


def test_every_current_code_has_a_family_and_scopes_only_where_the_data_api_has_them() -> None:
    unscoped = {item.code for item in EVERY if not item.is_legacy and not item.scope}
    assert {item.family for item in EVERY if not item.is_legacy} == {("REQUEST",), ("SERVER",), ("REQUEST", "SERVER")}
    assert {"UNEXPECTED_SERVER_ERROR", "COMMAND_UNKNOWN"} <= unscoped
    assert [code for code in unscoped if "VECTORIZE" in code or "EMBEDDING" in code] == []
    assert error_codes()["UNKNOWN_TABLE_COLUMNS"].scope == ("DOCUMENT", "FILTER", "UPDATE", "PROJECTION")
    assert error_codes()["EMBEDDING_PROVIDER_TIMEOUT"].scope == ("EMBEDDING_PROVIDER",)


def test_a_code_that_names_vectorize_or_embedding_concerns_vectorize() -> None:
    named = {item.code for item in EVERY if "VECTORIZE" in item.code or "EMBEDDING" in item.code}
    assert named - {item.code for item in EVERY if item.is_about_vectorize} == set()
    assert not error_codes()["TOO_MANY_COLLECTIONS"].is_about_vectorize


def test_what_passes_by_itself_is_retryable_and_what_must_be_changed_is_not() -> None:
    retryable = {item.code for item in EVERY if item.retryable}
    assert {"EMBEDDING_PROVIDER_TIMEOUT", "EMBEDDING_PROVIDER_RATE_LIMITED", "UNAVAILABLE_DATABASE"} <= retryable
    assert not {"VECTORIZE_CREDENTIAL_INVALID", "INVALID_VECTOR_LENGTH", "TOO_MANY_COLLECTIONS"} & retryable
    assert [item.code for item in EVERY if item.retryable and item.cause == "invalid_request"] == []


@pytest.mark.parametrize(
    "text",
    [
        "EMBEDDING_PROVIDER_TIMEOUT",
        "embedding_provider_timeout",
        "  Embedding_Provider_Timeout.\n",
        '"EMBEDDING_PROVIDER_TIMEOUT",',
        "'EMBEDDING_PROVIDER_TIMEOUT'",
        "`EMBEDDING_PROVIDER_TIMEOUT`:",
        "embedding provider timeout",
        "EMBEDDING-PROVIDER-TIMEOUT",
        "errorCode: EMBEDDING_PROVIDER_TIMEOUT",
        "errorCode=EMBEDDING_PROVIDER_TIMEOUT;",
        "error_code='EMBEDDING_PROVIDER_TIMEOUT'",
        '{\\"errorCode\\":\\"EMBEDDING_PROVIDER_TIMEOUT\\"}',
        "{'errorCode': 'EMBEDDING_PROVIDER_TIMEOUT', 'family': 'SERVER'}",
        '{"message":"CLIENT_ERROR is only mentioned","errorCode":"EMBEDDING_PROVIDER_TIMEOUT"}',
        "EmbeddingProviderException.Code.EMBEDDING_PROVIDER_TIMEOUT.get()",
        "(EMBEDDING_PROVIDER_TIMEOUT) and again EMBEDDING_PROVIDER_TIMEOUT!",
    ],
)
def test_a_code_is_found_in_whatever_is_pasted_around_it(text: str) -> None:
    assert [item.code for item in codes_in(text)] == ["EMBEDDING_PROVIDER_TIMEOUT"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "TIMEOUT", "EMBEDDING_PROVIDER_TIMEOUTS", "XEMBEDDING_PROVIDER_TIMEOUT", "errorCode:", "\x00é" * 9],
)
def test_what_only_resembles_a_code_is_not_taken_for_it(text: str) -> None:
    assert codes_in(text) == ()


def test_several_codes_are_found_in_the_order_of_the_text() -> None:
    text = '[{"errorCode":"VECTORIZE_CREDENTIAL_INVALID"},{"errorCode":"COLLECTION_NOT_EXIST"}]'
    assert [item.code for item in codes_in(text)] == ["VECTORIZE_CREDENTIAL_INVALID", "COLLECTION_NOT_EXIST"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("errorCode: vectorize_credential_invalide!", "VECTORIZE_CREDENTIAL_INVALIDE"),
        ("vectorize credential wrong", "VECTORIZE_CREDENTIAL_WRONG"),
        ("", ""),
        ("!?", ""),
    ],
)
def test_of_an_unknown_text_the_part_meant_as_the_code_is_kept(text: str, code: str) -> None:
    assert probable_code(text) == code
