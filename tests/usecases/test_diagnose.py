"""`diagnose` as a person uses it: one text, a text a line, a log; without a state, with one, and with a broken one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import LOGS, Cli

BAD_KEY = "Provider 'openai' returned a HTTP client error with HTTP 401; error message: Incorrect API key provided"
NOT_FOUND = (
    "Invalid credential name for vectorize: the credential name 'openai-prod' is not valid. Credential not found."
)
QUOTA = "openai said 429: insufficient_quota"
NO_COLLECTION = "Collection does not exist, collection name: orders"
NOTHING = "503 Service Unavailable"


def document(cli: Cli, *words: str, stdin: str | bytes = "") -> dict[str, Any]:
    """Run in JSON and return the only document."""
    result = cli.ok("diagnose", *words, "-o", "json", stdin=stdin)
    (line,) = result.lines
    found: dict[str, Any] = json.loads(line)
    return found


def stream(cli: Cli, *words: str, stdin: str | bytes) -> list[dict[str, Any]]:
    """Run a stream in JSON and return the data of its lines."""
    return [json.loads(line)["data"] for line in cli.ok("diagnose", *words, "-o", "json", stdin=stdin).lines]


def told(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(item[name] for name in names) for item in found]


def test_without_a_state_the_whole_answer_is_there(cli: Cli) -> None:
    assert document(
        cli, stdin=f'{{"errors":[{{"message":"{BAD_KEY}","errorCode":"EMBEDDING_PROVIDER_CLIENT_ERROR"}}]}}'
    ) == {
        "schema": "vzctl/1",
        "ok": True,
        "code": "OK",
        "command": "diagnose",
        "changed": False,
        "data": {
            "side": "provider",
            "cause": "invalid_key",
            "detail": "key refused",
            "who": "your_account",
            "confidence": "high",
            "provider": "openai",
            "code": "EMBEDDING_PROVIDER_CLIENT_ERROR",
            "http_status": 401,
            "retryable": False,
            "rule": "provider.key-refused",
            "evidence": [
                {
                    "text": "EMBEDDING_PROVIDER_CLIENT_ERROR",
                    "meaning": "error code of the Data API: the provider refused the request (HTTP 4xx)",
                },
                {
                    "text": "…P client error with HTTP 401; error message: Incorrect API key provided"
                    '","errorCode":"EMBEDDING_PROVIDER_CLIENT_ERROR"}]}',
                    "meaning": "key refused",
                },
                {"text": "401", "meaning": "HTTP status of the innermost answer"},
            ],
            "explanation": "The provider does not accept the key: mistyped, revoked, expired, or of another account or service.",
            "advice": "Check the key at the provider; when it is gone or wrong, make a new one and rotate the credential.",
            "nextSteps": [
                {"command": "vzctl providers show openai", "comment": "where its keys and limits are looked after"}
            ],
            "count": 1,
            "others": [],
            "truncated": False,
            "id": None,
            "line": None,
        },
        "warnings": [],
        "nextSteps": [
            {"command": "vzctl providers show openai", "comment": "where its keys and limits are looked after"}
        ],
    }


def test_several_errors_are_grouped_with_the_surest_first(cli: Cli) -> None:
    pasted = f"12:00:01 ERROR {QUOTA}\n12:00:02 ERROR {NO_COLLECTION}\n12:00:03 ERROR {QUOTA}"
    data = document(cli, stdin=pasted)["data"]
    assert told([data, *data["others"]], "side", "cause", "count") == [
        ("provider", "quota_exhausted", 2),
        ("astra", "collection_unknown", 1),
    ]


def test_a_database_that_exists_elsewhere_only_is_an_error(cli: Cli) -> None:
    result = cli.init().run("diagnose", "--database", "shp", stdin=NOT_FOUND)
    assert (result.status, result.error) == (3, 'there is no database "shp"; did you mean "shop"?')


def test_a_database_says_nothing_without_a_state(cli: Cli) -> None:
    (warning,) = document(cli, "--database", "shop", stdin=NOT_FOUND)["warnings"]
    assert warning["code"] == "STATE_NOT_USED"
    assert warning["message"].startswith("--database says nothing without a state: there is no state file")


def test_a_broken_state_is_a_warning_and_stays_as_it_is(cli: Cli) -> None:
    cli.init()
    cli.state.write_text("<<<<<<< ours\n", encoding="utf-8")
    found = document(cli, stdin=BAD_KEY)
    assert (found["data"]["side"], [item["code"] for item in found["warnings"]]) == ("provider", ["STATE_NOT_USED"])
    followed = cli.ok("diagnose", "--follow", stdin=BAD_KEY)
    assert followed.err.startswith("warning: the state says nothing here: ")
    assert cli.state.read_text(encoding="utf-8") == "<<<<<<< ours\n"


def test_a_state_that_cannot_be_read_is_a_warning(cli: Cli) -> None:
    cli.init()
    cli.state.unlink()
    cli.state.mkdir()
    assert [item["code"] for item in document(cli, stdin=BAD_KEY)["warnings"]] == ["STATE_NOT_USED"]


def test_the_state_makes_the_next_step_exact_and_running_it_changes_the_verdict(cli: Cli) -> None:
    cli.init().add().ok("databases", "add", "logs", "--id", LOGS)
    before = document(cli, "--database", "logs", stdin=NOT_FOUND)
    assert before["nextSteps"][0]["command"] == "vzctl scope add openai-prod logs"
    assert before["data"]["cause"] == "scope_missing"
    cli.ok(*before["nextSteps"][0]["command"].split()[1:])
    after = document(cli, "--database", "logs", stdin=NOT_FOUND)["data"]
    assert (after["cause"], after["retryable"]) == ("propagation_delay", True)


def test_a_rotation_of_minutes_ago_turns_a_bad_key_into_a_wait(cli: Cli) -> None:
    cli.init().add().rotate()
    data = document(cli, stdin=BAD_KEY)["data"]
    assert (data["side"], data["cause"], data["confidence"]) == ("astra", "propagation_delay", "medium")


def test_diagnose_changes_nothing(cli: Cli) -> None:
    cli.init().add()
    before = cli.everything()
    document(cli, stdin=BAD_KEY)
    stream(cli, "--follow", stdin=BAD_KEY)
    assert cli.everything() == before


@pytest.mark.parametrize(("text", "status"), [(NO_COLLECTION, 6), (QUOTA, 7), (NOTHING, 21)])
def test_the_side_becomes_the_exit_status_when_asked_for(cli: Cli, text: str, status: int) -> None:
    for words in ((), ("--lines",), ("--follow",)):
        assert cli.run("diagnose", *words, "--exit-code", stdin=f"ERROR {text}\n").status == status
        assert cli.run("diagnose", *words, stdin=f"ERROR {text}\n").status == 0


def test_a_stream_of_both_sides_has_no_side(cli: Cli) -> None:
    both = f"ERROR {NO_COLLECTION}\nERROR {QUOTA}\n"
    assert cli.run("diagnose", "--lines", "--exit-code", stdin=both).status == 21
    assert cli.run("diagnose", "--follow", "--exit-code", stdin=both).status == 21
    assert cli.run("diagnose", "--follow", "--exit-code", stdin="INFO all is well\n").status == 0


def test_lines_are_answered_in_their_order_with_their_ids(cli: Cli) -> None:
    lines = [
        json.dumps({"id": "a", "payload": QUOTA}),
        json.dumps({"id": 7, "payload": NO_COLLECTION, "more": 1}),
        json.dumps({"payload": NOTHING}),
        json.dumps({"id": True, "payload": {"errors": [{"errorCode": "READ_TIMEOUT"}]}}),
        json.dumps({"errors": [{"errorCode": "READ_TIMEOUT"}]}),
        '{"id": "cut", "payload": "insufficient_qu',
        '{"id": "d", "payload": ' + "[" * 50_000,
        QUOTA,
        "",
        '{"id": 1' + "0" * 5000 + "}",
    ]
    assert told(stream(cli, "--lines", stdin="\n".join(lines)), "id", "side", "cause") == [
        ("a", "provider", "quota_exhausted"),
        (7, "astra", "collection_unknown"),
        (None, "unknown", "insufficient_detail"),
        (None, "astra", "astra_unavailable"),
        (None, "astra", "astra_unavailable"),
        (None, "unknown", "insufficient_detail"),
        (None, "unknown", "insufficient_detail"),
        (None, "provider", "quota_exhausted"),
        (None, "unknown", "insufficient_detail"),
        (None, "unknown", "insufficient_detail"),
    ]


def test_lines_in_plain_are_cells(cli: Cli) -> None:
    result = cli.ok("diagnose", "--lines", "-o", "plain", stdin=json.dumps({"id": "a\tb", "payload": NO_COLLECTION}))
    explanation = "The keyspace has no such collection or table."
    (row,) = result.rows
    assert row[:10] == ["a\\tb", "", "astra", "collection_unknown", "high", "", "", "", "false", "1"]
    assert row[10:] == ["astra.collection-unknown", explanation, "you"]


LOG = f"""12:00:01 INFO served
12:00:02 ERROR {QUOTA}
Traceback (most recent call last):
  File "a.py", line 1, in a
ValueError: no more
12:00:03 INFO error rate is fine
12:00:04 ERROR something odd happened
12:00:05 WARN {QUOTA}
12:00:06 ERROR {NO_COLLECTION}
"""


def test_a_log_is_followed_error_by_error(cli: Cli) -> None:
    assert told(stream(cli, "--follow", stdin=LOG), "line", "side", "cause") == [
        (2, "provider", "quota_exhausted"),
        (7, "unknown", "insufficient_detail"),
        (8, "provider", "quota_exhausted"),
        (9, "astra", "collection_unknown"),
    ]


def test_what_was_read_is_said_at_the_end(cli: Cli) -> None:
    assert cli.ok("diagnose", "--follow", stdin=LOG).err == "9 lines read; errors: 1 astra, 2 provider, 1 unknown\n"
    assert cli.ok("diagnose", "--follow", stdin="INFO fine\n").err == "1 lines read; errors: none\n"
    assert cli.ok("diagnose", "--follow", "-q", stdin=LOG).err == ""


def test_the_same_error_is_told_once_and_then_counted(cli: Cli) -> None:
    log = f"12:00:00 ERROR {NO_COLLECTION}\n" + f"12:00:01 ERROR {QUOTA}\n" * 123
    assert told(stream(cli, "--follow", "--dedupe", stdin=log), "cause", "count", "line") == [
        ("collection_unknown", 1, 1),
        ("quota_exhausted", 1, 2),
        ("quota_exhausted", 10, 11),
        ("quota_exhausted", 100, 101),
        ("quota_exhausted", 123, 124),
    ]


def test_of_very_many_different_errors_the_oldest_are_forgotten(cli: Cli) -> None:
    names = [
        f"CODE_{chr(65 + number // 26 % 26)}{chr(65 + number % 26)}{chr(65 + number // 676)}" for number in range(600)
    ]
    log = "".join(f'12:00:01 ERROR {QUOTA} "errorCode":"{name}"\n' for name in [names[0], *names, names[0]])
    found = stream(cli, "--follow", "--dedupe", stdin=log)
    assert [item["count"] for item in found if item["code"] == names[0]] == [1, 2, 1]
    assert len({item["code"] for item in found}) == 600


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--lines", "--follow"), "--lines and --follow do not go together"),
        (("--dedupe",), "--dedupe goes with --follow"),
        (("-", "--text", "x"), "give a FILE or --text, not both"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(cli: Cli, words: tuple[str, ...], error: str) -> None:
    result = cli.run("diagnose", *words, stdin=QUOTA)
    assert (result.status, result.error) == (2, error)
