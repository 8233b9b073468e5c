"""Made-up errors of every cause, in the shapes in which clients, servers and tools show them: who is at fault, and what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.diagnosis.payload import Piece
from vzctl.domain.diagnosis.table import rules

CASES: Final = [
    json.loads(line)
    for line in (Path(__file__).resolve().parents[2] / "data" / "diagnosis_cases.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
ANYWHERE: Final = {"propagation_delay"}
"""Causes that no text alone can tell."""
NOTE: Final = "(Full API error in '<this-exception>.__cause__.error_descriptors': ignore 'DOCUMENT_ALREADY_EXISTS'.)"


def judged(text: str) -> tuple[str, str]:
    """Return side and cause of the first error found."""
    verdict = diagnose(text)[0]
    return verdict.side, verdict.cause


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['side']}-{case['cause']}-{case['text'][:40]}")
def test_a_case_is_judged_rightly(case: dict[str, str]) -> None:
    assert judged(case["text"]) == (case["side"], case["cause"])


def test_the_cases_show_every_cause_that_a_rule_tells() -> None:
    told = {(rule.side, rule.cause) for rule in rules()}
    assert len(CASES) >= 120
    assert told - {(case["side"], case["cause"]) for case in CASES} == set()
    assert {rule.cause for rule in rules()} & ANYWHERE == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['side']}-{case['cause']}-{case['text'][:40]}")
def test_a_case_cut_short_is_never_blamed_on_the_other_side(case: dict[str, str]) -> None:
    text = case["text"]
    for part in (9, 8, 7):
        side = judged(text[: len(text) * part // 10])[0]
        assert {side, case["side"]} != {"astra", "provider"}


def test_the_code_in_the_note_of_langchain_is_no_evidence() -> None:
    assert Piece(f"it broke {NOTE}").fact is None
    assert Piece("it broke: DOCUMENT_ALREADY_EXISTS").fact is not None


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("CLIENT_ERROR", "the embedding provider 'mistral' refused it", ("provider", "provider_bad_request")),
        ("SERVER_ERROR", "the embedding provider 'mistral' broke", ("provider", "provider_unavailable")),
        ("CLIENT_ERROR", "no such operator", ("unknown", "insufficient_detail")),
        ("SERVER_ERROR", "it broke", ("unknown", "insufficient_detail")),
        ("SERVER_ERROR", "Cassandra timeout during read query", ("astra", "astra_unavailable")),
    ],
)
def test_a_vague_code_is_of_a_provider_only_where_the_text_says_so(
    code: str, message: str, expected: tuple[str, str]
) -> None:
    assert judged(json.dumps({"errors": [{"message": message, "errorCode": code}]})) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("429 Too Many Requests", "unknown"),
        ("429 Too Many Requests for url https://api.upstage.ai/v1/embeddings", "provider"),
        ("Embedding Gateway error rate limit reached for the tenant", "astra"),
        ("Provider 'upstageAI' rate limited the request with HTTP 429", "provider"),
        ("503 Service Temporarily Unavailable nginx", "unknown"),
        ("ResourceNotFound: it is gone", "unknown"),
    ],
)
def test_a_word_that_many_say_needs_a_speaker(text: str, expected: str) -> None:
    assert judged(text)[0] == expected


@pytest.mark.parametrize(
    ("frames", "error", "expected"),
    [
        ("langchain_astradb/vectorstores.py", "404 for url https://api.mistral.ai/v1/embeddings", "provider"),
        ("openai/_base_client.py", "404 for url https://aa-us-east1.apps.astra.datastax.com/api/json/v1", "astra"),
    ],
)
def test_the_host_that_answered_decides_before_the_names_in_a_stack_trace(
    frames: str, error: str, expected: str
) -> None:
    trace = f'Traceback:\n  File "/venv/{frames}", line 9, in add\nHTTPError: {error}'
    assert judged(trace)[0] == expected


PYTHON_FRAMES: Final = (
    "Traceback (most recent call last):\n"
    '  File "/venv/{library}.py", line 9, in add_texts\n    self.embedding.embed_documents(texts)\n'
    '  File "/venv/langchain_core/base.py", line 9, in call\n    return self.astra_env.collection.insert_many(rows)\n'
)
SCRIPT_FRAMES: Final = "\n    at {frame} (/app/node_modules/lib.js:9:9)\n    at async add (node:internal/x:9:9)"


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("voyageai.error.AuthenticationError: Provided API key is invalid.", ("provider", "invalid_key")),
        (
            "voyageai.error.InvalidRequestError: The batch size limit is 9. Your batch size is 10.",
            ("provider", "batch_too_large"),
        ),
        ("google.api_core.exceptions.InvalidArgument: 400 API key not valid.", ("provider", "invalid_key")),
        ("InvalidRequestError: Too many inputs. The max number of inputs is 9.", ("provider", "batch_too_large")),
        ('ValueError: Token value doesn\'t start with "AstraCS:" for Astra DB', ("astra", "astra_auth")),
    ],
)
@pytest.mark.parametrize("library", ["langchain_astradb/vectorstores", "openai/_base_client", "astrapy/collection"])
def test_what_was_raised_speaks_and_not_the_stack_trace_above_it(
    raised: str, expected: tuple[str, str], library: str
) -> None:
    assert judged(PYTHON_FRAMES.format(library=library) + raised) == expected


@pytest.mark.parametrize(
    "frame", ["AstraDBVectorStore.addDocuments", "OpenAI.makeRequest", "DataAPIHttpClient._request"]
)
@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("AuthenticationError: 401 Incorrect API key provided: abc.", ("provider", "invalid_key")),
        ("DataAPIResponseError: Collection does not exist, collection name: menu", ("astra", "collection_unknown")),
    ],
)
def test_what_was_raised_speaks_and_not_the_stack_trace_of_a_script_under_it(
    raised: str, expected: tuple[str, str], frame: str
) -> None:
    assert judged(raised + SCRIPT_FRAMES.format(frame=frame)) == expected
