"""Errors as clients and services word them: the verdict, and that no wrapping changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from tests.domain.diagnosis.support import WRAPPINGS, Known, known_errors
from vzctl.domain.diagnosis.engine import diagnose

KNOWN: Final = known_errors()
SENTENCES: Final = {
    "quota_exhausted": "You exceeded your current quota, please check your plan and billing details.",
    "invalid_key": "Incorrect API key provided: abcd.",
    "key_permission_denied": "You have insufficient permissions for this operation. Missing scopes: model.request.",
    "input_too_long": "Input length 700 exceeds maximum allowed token size 512",
    "batch_too_large": "Too many tokens in batch. Max is 16384 got 20000",
    "model_loading": "Model m is currently loading",
    "rate_limited": "Requests rate limit exceeded",
    "content_filter": "The prompt triggering our content management policy was refused",
    "region_unsupported": "Country, region, or territory not supported",
    "model_deprecated": "The model 'm' has reached its end of life",
}


def verdicts(text: str) -> list[tuple[str, str]]:
    """Return side and cause of every error found."""
    return [(verdict.side, verdict.cause) for verdict in diagnose(text)]


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.text[:60])
def test_a_known_error_gets_its_verdict(known: Known) -> None:
    assert verdicts(known.text) == [(known.side, known.cause)]


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_a_wrapping_keeps_the_verdict(wrap: Callable[[str], str]) -> None:
    judged = {known.text: verdicts(wrap(known.text)) for known in KNOWN}
    assert judged == {known.text: [(known.side, known.cause)] for known in KNOWN}


def test_bytes_are_judged_like_text() -> None:
    assert {known.text: verdicts(known.text) for known in KNOWN} == {
        known.text: [(each.side, each.cause) for each in diagnose(known.text.encode())] for known in KNOWN
    }


@pytest.mark.parametrize(
    "provider", ["openai", "mistral", "jinaAI", "voyageAI", "huggingface", "upstageAI", "nvidia", "acme"]
)
@pytest.mark.parametrize("cause", SENTENCES)
def test_one_providers_sentence_means_the_same_when_it_is_told_of_another(cause: str, provider: str) -> None:
    passed_on = (
        f"Provider '{provider}' returned a HTTP client error with HTTP 400; error message: \"{SENTENCES[cause]}\""
    )
    assert verdicts(passed_on) == [("provider", cause)]
    assert verdicts(f"{provider} embeddings: {SENTENCES[cause]}") == [("provider", cause)]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (
            "Project `proj_A1` does not have access to model `text-embedding-3-small`",
            {"proj_A1": "proj_z9Z9", "3-small": "4-huge"},
        ),
        (
            "Collection 'docs' does not have embedding service configured: cannot vectorize data.",
            {"docs": "voyage_texts"},
        ),
        (
            "Provider 'mistral' returned a HTTP client error with HTTP 401; error message: Unauthorized",
            {"mistral": "acme"},
        ),
        ("Collection does not exist, collection name: orders", {"orders": "openai_quota"}),
        ("The provided keyspace does not exist: Unknown keyspace 'ks'", {"ks": "ratelimit"}),
        (
            "401 Unauthorized for url 'https://aa-us-east1.apps.astra.datastax.com/api/json/v1'",
            {"aa": "bb", "us-east1": "eu-west-2"},
        ),
    ],
)
def test_other_ids_and_names_keep_the_verdict(text: str, changes: dict[str, str]) -> None:
    changed = text
    for old, new in changes.items():
        changed = changed.replace(old, new)
    assert changed != text
    assert verdicts(changed) == verdicts(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connect ECONNREFUSED", ("unknown", "connection_refused")),
        ("connect ECONNREFUSED d-us-east1.apps.astra.datastax.com:443", ("astra", "astra_unavailable")),
        ("connect ECONNREFUSED api.mistral.ai:443", ("provider", "provider_unavailable")),
        ("getaddrinfo ENOTFOUND", ("unknown", "dns_failure")),
        ("getaddrinfo ENOTFOUND d-us-east1.apps.astra.datastax.com", ("astra", "astra_unavailable")),
        ("getaddrinfo ENOTFOUND acme.openai.azure.com", ("provider", "bad_host")),
        ("read ECONNRESET", ("unknown", "connection_reset")),
        ("read ECONNRESET api.voyageai.com", ("provider", "provider_unavailable")),
        ("Read timed out", ("unknown", "insufficient_detail")),
        ("Read timed out. host='d-us-east1.apps.astra.datastax.com'", ("astra", "client_timeout")),
        ("Read timed out. host='router.huggingface.co'", ("provider", "provider_timeout")),
        ("503 Service Unavailable", ("unknown", "insufficient_detail")),
        ("503 Service Unavailable: https://d-us-east1.apps.astra.datastax.com", ("astra", "astra_unavailable")),
        ("503 Service Unavailable: https://api.openai.com", ("provider", "provider_unavailable")),
        ("401 Unauthorized, see https://docs.datastax.com", ("unknown", "insufficient_detail")),
    ],
)
def test_the_host_decides_what_words_cannot(text: str, expected: tuple[str, str]) -> None:
    assert verdicts(text) == [expected]
