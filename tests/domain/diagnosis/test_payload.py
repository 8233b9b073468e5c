"""Payloads of any kind and size: read leniently, split into errors, never a crash."""

from __future__ import annotations

import gzip

import pytest

from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.diagnosis.payload import WINDOW, read

EIGHTH = 128 * 1024
UNKNOWN_TOKEN = '{"errors":[{"message":"no","errorCode":"UNAUTHENTICATED_REQUEST"}]}'


def summary(payload: str | bytes) -> list[tuple[str, str, int]]:
    """Return side, cause and count of every error found."""
    return [(verdict.side, verdict.cause, verdict.count) for verdict in diagnose(payload)]


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        ("", "there is no text"),
        (b"", "there is no text"),
        (" \r\n\t\n", "there is no text"),
        (gzip.compress(b"429 insufficient_quota"), "this is a gzip file, not text"),
        (gzip.compress(b"429 insufficient_quota").decode("utf-8", "surrogateescape"), "this is a gzip file, not text"),
        (bytes(range(256)) * 4000, "this is not text"),
        (bytes(range(256)).decode("latin-1") * 40, "this is not text"),
    ],
    ids=["empty", "empty bytes", "blank", "gzip", "gzip as text", "binary", "binary as text"],
)
def test_what_is_no_text_is_called_so(payload: str | bytes, detail: str) -> None:
    assert [(verdict.side, verdict.cause, verdict.detail) for verdict in diagnose(payload)] == [
        ("unknown", "insufficient_detail", detail)
    ]


@pytest.mark.parametrize(
    "payload",
    [
        b"caf\xe9 \xff\xfe: insufficient_quota",
        "429: insufficient_quota".encode("utf-16"),
        b"\xef\xbb\xbf429: insufficient_quota",
        "lone \udc80 surrogate: insufficient_quota",
        "İstanbul ﬁ ẞ: insufficient_quota",
        "\x00in\x00sufficient\x00_quota with NULs between",
    ],
    ids=["invalid UTF-8", "UTF-16", "byte order mark", "surrogate", "letters that grow", "NUL"],
)
def test_strange_characters_do_not_hide_the_error(payload: str | bytes) -> None:
    assert summary(payload) == [("provider", "quota_exhausted", 1)]


@pytest.mark.slow
def test_of_a_huge_payload_both_ends_are_read_and_the_verdict_says_so() -> None:
    filler = b"nothing to see here\n" * (50 * 1024 * 1024 // 20)
    end = diagnose(filler + b"openai: insufficient_quota")
    middle = diagnose(filler[: 2 * WINDOW] + b"openai: insufficient_quota\n" + filler[: 2 * WINDOW])
    assert [(verdict.cause, verdict.truncated) for verdict in end] == [("quota_exhausted", True)]
    assert [(verdict.cause, verdict.truncated) for verdict in middle] == [("insufficient_detail", True)]


def test_at_most_two_windows_of_a_payload_are_kept() -> None:
    assert len(read("word " * WINDOW).whole.text) <= 2 * WINDOW + 1


@pytest.mark.sampled(2)
@pytest.mark.parametrize("opening", ['{"a":', "[", "{'a': {", "{a={"])
def test_nesting_of_any_depth_is_no_obstacle(opening: str) -> None:
    assert summary(opening * 100_000 + '"insufficient_quota"') == [("provider", "quota_exhausted", 1)]


@pytest.mark.sampled(8)
@pytest.mark.parametrize(
    "unit",
    [
        "a", "a.", "\\", "\\n", "\x1b[", "\x1b]", "'", "http ", "https://a/", "://a:b", "status code ", "error code: ", "model x ",
        "keyspace 'a", "collection 'a", "errorCode: A_", "AB_CD_", "A_", "sk-", "eyJ", "bearer ", "key: ", "localhost:",
        "127.0.0.1 ", "}, {", "errors id ", "error in a ", "2026-01-01 10:00:00 error\n", "x.y.Error: \n\n", "errorCode: A_B }, {",
        "tokens exceed ", "Caused by: ", "&amp;", "│ ", "a" * 63 + ".",
    ],
    ids=repr,
)  # fmt: skip
def test_near_matches_without_end_are_done_with_in_time_that_grows_with_their_length(unit: str) -> None:
    # quadratic work on so much text would not end within the time of a test run
    assert len(diagnose((unit * (EIGHTH // len(unit) + 1))[:EIGHTH])) == 1


def test_three_errors_in_ten_thousand_lines_of_log_are_found_and_counted() -> None:
    lines = [
        f"2026-01-02 03:04:{number % 60:02d} INFO request {number} took {number % 997} ms" for number in range(10_000)
    ]
    lines[77] += f" ERROR {UNKNOWN_TOKEN}"
    lines[4_000] += " ERROR openai said 429: insufficient_quota"
    lines[4_001] += " ERROR openai said 429: insufficient_quota"
    lines[9_998] += " ERROR Collection does not exist, collection name: orders"
    assert summary("\n".join(lines)) == [
        ("astra", "astra_auth", 1),
        ("provider", "quota_exhausted", 2),
        ("astra", "collection_unknown", 1),
    ]


@pytest.mark.parametrize(
    "beginning", ["WARNING: ", "ERROR:root:", "[pod/api-7c/app] 2026-01-02T03:04:05Z ", "web-1  | 03:04:05 ", ""]
)
def test_errors_in_a_log_are_found_however_its_lines_begin(beginning: str) -> None:
    lines = [f"{beginning}request {number} was served" for number in range(200)]
    lines[20] = f"{beginning}{UNKNOWN_TOKEN}"
    lines[90] = f"{beginning}openai said 429: insufficient_quota"
    lines[91:91] = ["Traceback (most recent call last):", '  File "a.py", line 1, in a', "ValueError: no more"]
    lines[150] = f"{beginning}Collection does not exist, collection name: orders"
    assert summary("\n".join(lines)) == [
        ("astra", "astra_auth", 1),
        ("provider", "quota_exhausted", 1),
        ("astra", "collection_unknown", 1),
    ]


def test_the_errors_of_one_answer_are_told_apart_and_equal_ones_counted() -> None:
    answer = (
        '{"status":{"insertedIds":[]},"errors":['
        '{"errorCode":"EMBEDDING_PROVIDER_RATE_LIMITED","message":"Provider \'openai\' rate limited the request with HTTP 429; '
        'error message: slow"},'
        '{"errorCode":"DOCUMENT_ALREADY_EXISTS","message":"a"},{"errorCode":"DOCUMENT_ALREADY_EXISTS","message":"b"}]}'
    )
    assert summary(answer) == [("astra", "invalid_request", 2), ("provider", "rate_limited", 1)]
    assert summary(answer.replace('"', "'")) == summary(answer)
    assert summary(answer.replace('":', "=").replace('"', "")) == summary(answer)


def test_two_errors_pasted_one_after_the_other_are_two() -> None:
    pasted = "openai.RateLimitError: Error code: 429 - insufficient_quota\n\nValueError: Collection 'docs' not found"
    assert summary(pasted) == [("provider", "quota_exhausted", 1), ("astra", "collection_unknown", 1)]


def test_an_error_spread_over_lines_of_a_log_is_read_as_one() -> None:
    spread = (
        "12:19:26  │ Error: error fetching database:\n12:19:26  │ 401 Unauthorized\n"
        "12:19:26  │   with astra_database.shop, on main.tf line 5\n"
    )
    assert [side for side, _, _ in summary(spread)] == ["astra"]


def test_the_innermost_status_counts() -> None:
    wrapped = 'HTTP error (500): {"m":"Provider \'openai\' returned a HTTP client error with HTTP 403; error message: code 404"}'
    assert [verdict.http_status for verdict in diagnose(wrapped)] == [403]
    assert [verdict.http_status for verdict in diagnose("Error: 400: => Too many requests, HTTP status: 429")] == [429]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("429: insufficient_quota", 429),
        ("ERROR openai 429: insufficient_quota", 429),
        ("12:00:01 WARN azureOpenAI 404: DeploymentNotFound", 404),
        ("Hugging Face 503: model is loading", 503),
        ("see line 429: insufficient_quota of openai", None),
        ("app.py:429: insufficient_quota of openai", None),
        ("the batch of 500: insufficient_quota of openai", None),
    ],
)
def test_a_number_before_a_colon_is_a_status_where_a_status_stands(text: str, status: int | None) -> None:
    assert [verdict.http_status for verdict in diagnose(text)] == [status]


@pytest.mark.parametrize("code", ["INVALID_REQUEST", "READ_TIMEOUT", "SERVER_FAILURE"])
def test_a_code_that_others_use_too_counts_only_as_a_field_of_an_answer(code: str) -> None:
    as_a_word = diagnose(f"the service said {code}")
    as_a_field = diagnose(f'{{"errorCode": "{code}"}}')
    assert [verdict.code for verdict in as_a_word] == [None]
    assert [(verdict.side, verdict.code) for verdict in as_a_field] == [("astra", code)]


def test_an_unknown_code_stays_unknown_unless_the_text_decides() -> None:
    bare = diagnose('{"errors":[{"errorCode":"BRAND_NEW_CODE","message":"strange"}]}')
    told = diagnose('{"errors":[{"errorCode":"BRAND_NEW_CODE","message":"UNAUTHENTICATED: Invalid token"}]}')
    assert [(verdict.side, verdict.cause, verdict.code) for verdict in bare] == [
        ("unknown", "insufficient_detail", "BRAND_NEW_CODE")
    ]
    assert [(verdict.side, verdict.cause, verdict.code) for verdict in told] == [
        ("astra", "astra_auth", "BRAND_NEW_CODE")
    ]
