"""`explain`: every code by name in any case, near misses, and one answer with what `diagnose` says."""

from __future__ import annotations

import json

import pytest

from tests.support.canary import canary
from tests.support.cli import Cli
from vzctl.domain.diagnosis.codes import all_codes
from vzctl.domain.error_codes import error_codes
from vzctl.usecases.explain import known_codes


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
        "what_to_do": entry.what_to_do,
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
    assert f"next: vzctl explain {code.replaced_by[0]}   # what replaced it" in cli.ok("explain", code.code).err


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
    assert f"  next: vzctl explain {nearest}   # is it this one?" in result.err


@pytest.mark.parametrize("written", ["?!", "zzz", "\u202e", "A" * 5000, canary(1), "ÄÖÜ"])
def test_what_is_no_code_is_an_error_that_repeats_nothing_odd(cli: Cli, written: str) -> None:
    result = cli.run("explain", written)
    assert result.status == 3
    assert result.error.startswith("the Data API documents no error code")
    assert canary(1)[10:20].lower() not in result.err.lower()
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
    texts = [(entry.meaning, entry.what_to_do) for entry in known_codes().values()]
    assert len(set(texts)) >= 0.97 * len(texts)
