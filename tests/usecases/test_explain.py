"""`explain`: every code by name in any case, near misses, and one answer with what `diagnose` says."""

from __future__ import annotations

import json

import pytest

from tests.support.canary import canary
from tests.support.cli import Cli
from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.codes import all_codes, error_codes
from vzctl.domain.diagnosis.key_verdict import Verdict


def test_a_code_is_explained_as_a_whole(cli: Cli) -> None:
    data = json.loads(cli.ok("explain", "embedding_gateway_not_available", "-o", "json").out)["data"]
    entry = error_codes()["EMBEDDING_GATEWAY_NOT_AVAILABLE"]
    assert data == {
        "code": "EMBEDDING_GATEWAY_NOT_AVAILABLE",
        "side": "astra",
        "cause": "gateway_error",
        "retryable": True,
        "meaning": entry.meaning,
        "how_to_decide": entry.how_to_decide,
        "what_to_do": entry.fix,
        "vectorize": True,
        "legacy": False,
        "replaced_by": [],
        "family": list(entry.family),
        "scope": list(entry.scope),
    }


@pytest.mark.parametrize(
    "written",
    [
        "EMBEDDING_PROVIDER_TIMEOUT",
        "embedding_provider_timeout",
        "Embedding-Provider-Timeout",
        '"errorCode": "EMBEDDING_PROVIDER_TIMEOUT"',
        " EMBEDDING_PROVIDER_TIMEOUT. ",
    ],
)
def test_a_code_is_found_however_it_is_written(cli: Cli, written: str) -> None:
    assert cli.ok("explain", written).facts["code"] == "EMBEDDING_PROVIDER_TIMEOUT"


def test_every_known_code_is_listed_and_can_be_explained(cli: Cli) -> None:
    rows = cli.ok("explain", "--all").rows
    assert [row[0] for row in rows] == sorted({*error_codes(), *all_codes()})
    assert all(len(row) == 6 and row[5].endswith((".", "?")) for row in rows)
    for code in sorted(set(all_codes()) - set(error_codes())):
        assert cli.ok("explain", code).facts["code"] == code


def test_a_code_that_was_replaced_leads_to_the_new_one(cli: Cli) -> None:
    code = next(entry for entry in error_codes().values() if entry.replaced_by)
    assert f"next: vzctl explain {code.replaced_by[0]}\n  # what replaced it" in cli.ok("explain", code.code).err


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("VECTORIZE_CREDENTAL_INVALID", "VECTORIZE_CREDENTIAL_INVALID"),
        ("embeding provider timeout", "EMBEDDING_PROVIDER_TIMEOUT"),
    ],
)
def test_a_near_miss_is_offered(cli: Cli, written: str, nearest: str) -> None:
    result = cli.run("explain", written)
    assert (result.status, result.out) == (3, "")
    assert f'did you mean "{nearest}"' in result.error
    assert f"  next: vzctl explain {nearest}\n    # is it this one?" in result.err


@pytest.mark.parametrize(
    ("written", "code", "side", "cause"),
    [
        ("RATE_LIMITED", "rate_limited", "provider", "rate_limited"),
        ("quota exhausted", "quota_exhausted", "provider", "quota_exhausted"),
        ("collection_unknown", "collection_unknown", "astra", "collection_unknown"),
        ("header_key_missing", "header_key_missing", "unknown", "header_key_missing"),
        ("connection_refused", "connection_refused", "unknown", "connection_refused"),
        ("wrong_issuer", "wrong_issuer", "provider", ""),
        ("WRONG-DIMENSION", "wrong_dimension", "astra", ""),
        ("not_held", "not_held", "unknown", ""),
        ("dns", "dns", "unknown", ""),
        ("invalid_api_key", "invalid_api_key", "provider", "invalid_key"),
        ("insufficient_quota", "insufficient_quota", "provider", "quota_exhausted"),
        ("DeploymentNotFound", "DeploymentNotFound", "provider", "deployment_not_found"),
        (" ThrottlingException ", "ThrottlingException", "provider", "rate_limited"),
        ("ECONNREFUSED", "ECONNREFUSED", "unknown", "connection_refused"),
    ],
)
def test_a_cause_a_verdict_and_a_word_of_a_provider_are_explained_as_what_they_are(
    cli: Cli, written: str, code: str, side: str, cause: str
) -> None:
    facts = cli.ok("explain", written).facts
    assert [facts[name] for name in ("code", "side", "cause")] == [code, side, cause]
    assert facts["meaning"].startswith("No code of the Data API: ")
    assert (facts["how_to_decide"] != "") is (side == "unknown")


def test_every_cause_and_every_verdict_has_an_explanation(cli: Cli) -> None:
    for name in [*(name for _, name in causes()), *Verdict]:
        facts = cli.ok("explain", name).facts
        # One cause has the name of a code.
        assert (facts["code"].lower(), facts["what_to_do"] != "") == (name, True)


@pytest.mark.parametrize("written", ["INVALID_API", "hello_world", "FROBNICATE_NOT_SUPPORTED"])
def test_nothing_far_fetched_is_offered(cli: Cli, written: str) -> None:
    result = cli.run("explain", written)
    assert (result.status, "did you mean" in result.error) == (3, False)


@pytest.mark.parametrize(
    "written", ["?!", "zzz", "\u202e", "A" * 5000, canary(1), "ÄÖÜ", "sk-proj-NotARealKey" + "x" * 30]
)
def test_what_is_no_code_is_an_error_that_repeats_nothing_odd(cli: Cli, written: str) -> None:
    result = cli.run("explain", written)
    assert result.status == 3
    assert result.error.startswith("the Data API documents no error code")
    assert canary(1)[10:20].lower() not in result.err.lower()
    assert "NOTAREALKEY" not in result.err.upper()
    assert len(result.error) < 400


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        ((), 2, "name a CODE, or give --all"),
        (("READ_TIMEOUT", "--all"), 2, "name a CODE, or give --all"),
        (("",), 2, "the code is an empty text: is a shell variable unset?"),
        (
            ("EMBEDDING_PROVIDER_TIMEOUT EMBEDDING_PROVIDER_RATE_LIMITED",),
            4,
            "this names several codes: EMBEDDING_PROVIDER_TIMEOUT, EMBEDDING_PROVIDER_RATE_LIMITED",
        ),
    ],
)
def test_a_question_that_is_none_is_refused(cli: Cli, words: tuple[str, ...], status: int, error: str) -> None:
    result = cli.run("explain", *words)
    assert (result.status, result.error) == (status, error)


def test_no_two_codes_are_explained_alike() -> None:
    texts = [(entry.meaning, entry.fix) for entry in all_codes().values()]
    assert len(set(texts)) >= 0.97 * len(texts)
