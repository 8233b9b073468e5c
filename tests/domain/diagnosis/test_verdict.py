"""A verdict as a whole: what it says, what it shows, and what it never shows."""

from __future__ import annotations

import pytest

from vzctl.domain.diagnosis.engine import Verdict, diagnose
from vzctl.domain.diagnosis.redaction import LONGEST_EVIDENCE, excerpt
from vzctl.domain.masking.redaction import redacted

SECRETS = (
    "sk-proj-abcdefghijklmnop1234",
    "sk-inval****-key",
    "hf_abcdefghijklmnopqrstuvwxyzabcdefgh",
    "AstraCS:abcDEF:0123456789abcdef",
    "jina_0123456789abcdef",
    "nvapi-abcdefgh-12345678",
    "pa-abcdefghijklmnopqrstuv-01",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_123",
    "Cassandra:Y2Fzc2FuZHJh:Y2Fzc2FuZHJh",
    "0123456789abcdef0123456789abcdef",
    "9hHk2LmNpQrStUvWxYz01AbCdEfGh",
)


def test_a_verdict_says_everything_about_an_error_that_the_data_api_passes_on() -> None:
    text = (
        '{"errors":[{"errorCode":"EMBEDDING_PROVIDER_CLIENT_ERROR","message":"Provider \'mistral\' returned a HTTP client error '
        'with HTTP 401; error message: Unauthorized"}]}'
    )
    assert diagnose(text) == [
        Verdict(
            side="provider",
            cause="invalid_key",
            detail="status unauthorized",
            confidence="medium",
            provider="mistral",
            code="EMBEDDING_PROVIDER_CLIENT_ERROR",
            http_status=401,
            retryable=False,
            rule="provider.status-unauthorized",
            evidence=(
                (
                    "EMBEDDING_PROVIDER_CLIENT_ERROR",
                    "error code of the Data API: the provider refused the request (HTTP 4xx)",
                ),
                ('…a HTTP client error with HTTP 401; error message: Unauthorized"}]}', "what the provider said"),
                ("401", "HTTP status of the innermost answer"),
            ),
            explanation="The provider does not accept the key (HTTP 401).",
            who="your_account",
            is_passed_on=True,
            is_provider_certain=True,
        )
    ]


def test_a_verdict_without_a_code_shows_the_deciding_words() -> None:
    assert diagnose("Collection does not exist, collection name: orders") == [
        Verdict(
            side="astra",
            cause="collection_unknown",
            detail="collection unknown",
            confidence="high",
            provider=None,
            code=None,
            http_status=None,
            retryable=False,
            rule="astra.collection-unknown",
            evidence=(("Collection does not exist, collection name: orders", "collection unknown"),),
            explanation="The keyspace has no such collection or table.",
            who="you",
        )
    ]


@pytest.mark.parametrize(
    ("text", "retryable"),
    [
        ("Model m is currently loading", True),
        ("Rate limit reached for m", True),
        ("insufficient_quota", False),
        ("Resuming your database, please try again shortly.", True),
        ("Incorrect API key provided", False),
        ("connect ECONNREFUSED", True),
    ],
)
def test_what_may_succeed_later_by_itself_is_called_retryable(text: str, retryable: bool) -> None:
    assert [verdict.retryable for verdict in diagnose(text)] == [retryable]


def test_what_the_caller_knows_of_the_provider_fills_a_gap_and_never_contradicts_the_text() -> None:
    assert [verdict.provider for verdict in diagnose("insufficient_quota", provider="mistral")] == ["mistral"]
    assert [verdict.provider for verdict in diagnose("openai: insufficient_quota", provider="mistral")] == ["openai"]
    assert [verdict.side for verdict in diagnose("503 Service Unavailable", provider="mistral")] == ["unknown"]


def test_for_a_provider_that_astra_hosts_the_way_on_is_astras_support() -> None:
    hosted = diagnose("Provider 'nvidia' returned a HTTP server error with HTTP 503; error message: down")
    other = diagnose("Provider 'mistral' returned a HTTP server error with HTTP 503; error message: down")
    assert [(verdict.side, "support" in verdict.explanation) for verdict in (*hosted, *other)] == [
        ("provider", True),
        ("provider", False),
    ]


def test_the_surest_error_comes_first() -> None:
    lines = "2026-01-01 10:00:00 ERROR cohere: Forbidden\n2026-01-01 10:00:01 ERROR UNAUTHENTICATED: Invalid token"
    assert [(verdict.cause, verdict.confidence) for verdict in diagnose(lines)] == [
        ("astra_auth", "high"),
        ("key_permission_denied", "low"),
    ]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "template",
    [
        "Incorrect API key provided: {}. openai",
        "openai 401 Authorization: Bearer {} invalid_api_key",
        '{{"api_key": "{}", "error": "insufficient_quota"}}',
        "invalid_api_key " + "x " * 90 + "{} tail",
        "UNAUTHENTICATED: Invalid token {}",
    ],
)
def test_no_verdict_shows_a_secret(template: str, secret: str) -> None:
    shown = repr(diagnose(template.format(secret)))
    assert secret not in shown
    assert secret[8:20] not in shown


def test_what_is_no_secret_stays_readable() -> None:
    sentence = (
        "Model sentence-transformers/all-MiniLM-L6-v2 is not supported by hf-inference; see the key and token settings"
    )
    assert redacted(sentence) == sentence
    assert (
        redacted("EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE")
        == "EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE"
    )


def test_a_password_in_an_address_is_hidden() -> None:
    assert redacted("https://anna:pass-word@db.example.org/x") == "https://****@db.example.org/x"


def test_evidence_is_short_and_on_one_line() -> None:
    text = "before " * 100 + "insufficient_quota" + " after\n" * 100
    start = text.index("insufficient_quota")
    shown = excerpt(text, start, start + len("insufficient_quota"))
    assert "insufficient_quota" in shown
    assert "\n" not in shown
    assert len(shown) <= LONGEST_EVIDENCE + 2


@pytest.mark.parametrize("message", ["Incorrect API key provided", "rate limit reached for model", "model not found"])
@pytest.mark.parametrize("scope", ["DOCUMENT", "DATABASE", "SCHEMA"])
def test_a_code_of_a_later_data_api_is_not_blamed_on_a_provider_that_its_scope_excludes(
    message: str, scope: str
) -> None:
    text = f'{{"errors":[{{"message":"{message}","errorCode":"MADE_LATER","family":"REQUEST","scope":"{scope}"}}]}}'
    assert [each.side for each in diagnose(text)] == ["unknown"]
    about_provider = text.replace(f'"{scope}"', '"EMBEDDING_PROVIDER"')
    assert [each.side for each in diagnose(about_provider)] == ["provider"]


def test_the_words_of_a_driver_decide_beside_a_code_of_a_later_data_api() -> None:
    text = (
        '{"errors":[{"message":"DriverTimeoutException: Query timed out after PT10S","errorCode":"MADE_LATER",'
        '"family":"SERVER","scope":"DATABASE"}]}'
    )
    assert [(each.side, each.cause) for each in diagnose(text)] == [("astra", "astra_unavailable")]
