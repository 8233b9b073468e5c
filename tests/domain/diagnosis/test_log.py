"""Lines of a log are put together as a person reads them, and no log makes more of them be kept."""

from __future__ import annotations

import json
from typing import Final

import pytest

from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.diagnosis.log import LONGEST_RECORD, MOST_LINES, Record, Records, gives_no_error

TRACEBACK: Final = """Traceback (most recent call last):
  File "/srv/app.py", line 3, in call
    client.embed()
openai.RateLimitError: Error code: 429"""
CHAIN: Final = f"""{TRACEBACK}

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/app.py", line 9, in main
RuntimeError: no luck"""
JAVA: Final = """java.lang.RuntimeException: outer
\tat com.acme.Main.run(Main.java:7)
Caused by: java.net.ConnectException: refused
\t... 12 more"""
PRETTY: Final = """{
  "errors": [
    {"message": "no"}
  ]
}"""


def records(text: str) -> list[tuple[int, str]]:
    """Return the records of a log that has ended, each with the number of its first line."""
    reader = Records()
    found = [record for line in text.split("\n") for record in reader.feed(line)]
    found += reader.flush()
    assert list(reader.flush()) == []
    return [(record.line, record.text) for record in found]


@pytest.mark.parametrize("text", [TRACEBACK, CHAIN, JAVA, PRETTY], ids=["Python", "Python chain", "Java", "JSON"])
def test_what_belongs_together_is_one_record(text: str) -> None:
    dated = f"2026-01-02 03:04:05 ERROR it failed\n{text}\n2026-01-02 03:04:06 INFO going on"
    lines = text.count("\n")
    assert records(dated) == [
        (1, f"2026-01-02 03:04:05 ERROR it failed\n{text}"),
        (lines + 3, "2026-01-02 03:04:06 INFO going on"),
    ]


@pytest.mark.parametrize("text", [JAVA, PRETTY], ids=["Java", "JSON"])
def test_what_belongs_together_is_one_record_in_a_log_without_times(text: str) -> None:
    end = text.count("\n") + 3
    assert records(f"plain line\n{text}\nnext line") == [(1, "plain line"), (2, text), (end, "next line")]


@pytest.mark.parametrize("text", [TRACEBACK, CHAIN], ids=["one", "chain"])
def test_a_traceback_goes_with_the_line_that_announces_it_and_ends_with_the_exception(text: str) -> None:
    end = text.count("\n") + 3
    assert records(f"it failed\n{text}\nnext line") == [
        (1, f"it failed\n{text}"),
        (end, "next line"),
    ]


@pytest.mark.parametrize(
    "beginning",
    [
        "2026-01-02T03:04:05Z one",
        "2026-01-02 03:04:05,678 one",
        "2026/01/02 03:04:05 one",
        "[2026-01-02 03:04:05] one",
        "03:04:05 one",
        "02/Jan/2026:03:04:05 one",
        "Jan  2 03:04:05 host app[1]: one",
        "E0102 03:04:05.678 one",
        "ERROR one",
        "WARN one",
        'time="2026-01-02T03:04:05Z" level=error msg=one',
        "ts=1767323045 level=warn msg=one",
        "level=info msg=one",
    ],
)
def test_a_line_with_a_time_or_a_level_begins_a_record(beginning: str) -> None:
    assert records(f"{beginning}\nmore of it\n{beginning}") == [(1, f"{beginning}\nmore of it"), (3, beginning)]


def test_lines_without_a_time_are_records_of_their_own() -> None:
    assert records("one\ntwo\n\nthree") == [(1, "one"), (2, "two\n"), (4, "three")]


def test_what_kubectl_and_compose_put_before_a_line_is_taken_away() -> None:
    stamped = "\n".join(f"[pod/api-7c/app] 2026-01-02T03:04:05.678Z {line}" for line in TRACEBACK.splitlines())
    assert records(stamped) == [(1, f"2026-01-02T03:04:05.678Z {TRACEBACK}")]
    assert records("web-1  | one\nworker-1  | \tat com.acme.Main") == [(1, "one\n\tat com.acme.Main")]


def test_the_lines_of_a_container_in_json_are_joined() -> None:
    wrapped = "\n".join(
        json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "t"}) for line in CHAIN.splitlines()
    )
    assert records(wrapped) == [(1, CHAIN)]
    assert records('2026-01-02T03:04:05.678Z stderr F {"msg":"it failed again"}') == [(1, "it failed again")]
    assert records('{"textPayload":"a\\nb"}\n{"log":"c"}') == [(1, "a"), (1, "b"), (2, "c")]


def test_the_fields_of_a_line_of_json_that_say_what_happened_are_one_text() -> None:
    line = json.dumps(
        {
            "time": "2026-01-02T03:04:05Z",
            "logger": "openai.http.error",
            "message": "call failed",
            "status": 429,
            "code": "insufficient_quota",
            "error": {"type": "x"},
            "stack": "",
            "cause": None,
        }
    )
    assert records(f"before\n{line}\nafter") == [
        (1, "before"),
        (2, 'call failed\nerror: {"type": "x"}\nstatus: 429\ncode: insufficient_quota'),
        (3, "after"),
    ]


@pytest.mark.parametrize("line", ['{"level":"error","thread":7}', '{"not json', "{a=b}", '{"a":' * 30_000])
def test_json_that_says_nothing_known_stays_as_it_is(line: str) -> None:
    assert records(line)[0][1][:30] == line[:30]


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ("12:00:01 ERROR it failed", True),
        ("12:00:01 INFO error rate is fine", False),
        ("x.QuotaError: no", True),
        ('{"errorCode":"A_B"}', True),
        ('{"level":"error","message":"it failed"}', True),
        ('{"severity":"CRITICAL","message":"it failed"}', True),
        ('{"level":"info","message":"error rate is fine"}', False),
        ('{"level":50,"message":"it failed"}', False),
    ],
)
def test_a_record_calls_itself_an_error_by_its_level_or_its_form(line: str, is_error: bool) -> None:
    reader = Records()
    assert [record.calls_itself_error for record in (*reader.feed(line), *reader.flush())] == [is_error]


@pytest.mark.parametrize(
    ("line", "is_quiet"),
    [
        ("INFO it failed", True),
        ("INFO:root:it failed", True),
        ("[DEBUG] it failed", True),
        ("info: it failed", True),
        ("2026-01-02 03:04:05,678 INFO [w-1] it failed", True),
        ("[2026-01-02 03:04:05] TRACE it failed", True),
        ("2026-01-02T03:04:05.678Z  INFO 1 --- [main] it failed", True),
        ("2026-01-02 03:04:05,678 - app.jobs - INFO - it failed", True),
        ("12:00:01.123 [main] DEBUG com.acme - it failed", True),
        ("I0102 03:04:05.678 it failed", True),
        ("time=2026-01-02T03:04:05Z level=info msg=failed", True),
        ('ts=1767323045 caller=x level="debug" msg=failed', True),
        ('{"level":"info","message":"it failed"}', True),
        ('{"severity":"DEBUG","message":"it failed"}', True),
        ('{"log":"2026-01-02 03:04:05 INFO it failed"}', True),
        ("2026-01-02 03:04:05 ERROR INFO it failed", False),
        ("2026-01-02 03:04:05 WARN it failed", False),
        ("time=2026-01-02T03:04:05Z level=error msg='level=info'", False),
        ("time=2026-01-02T03:04:05Z msg=failed", False),
        ('{"level":"warn","message":"INFO it failed"}', False),
        ('{"message":"it failed"}', False),
        ("it failed, see INFO", False),
        ("info about what failed", False),
    ],
)
def test_a_level_without_errors_is_known(line: str, is_quiet: bool) -> None:
    reader = Records()
    assert [record.is_quiet for record in (*reader.feed(line), *reader.flush())] == [is_quiet]


def test_a_trace_under_a_line_without_errors_is_a_record_that_is_judged() -> None:
    reader = Records()
    found = [record for line in f"12:00:01 INFO starting\n{TRACEBACK}".split("\n") for record in reader.feed(line)]
    assert [*found, *reader.flush()] == [Record(2, TRACEBACK, calls_itself_error=True)]


@pytest.mark.parametrize(
    ("under", "is_judged"),
    [
        ("  WARN openai 429: too many requests", True),
        ("\tWARNING: openai 429: too many requests", True),
        ("        ERROR openai 429: too many requests", True),
        ("  [warn] openai 429: too many requests", True),
        ("  [12:00:00] [w-1] ERROR openai 429: too many requests", True),
        ("  level=warn msg='openai 429: too many requests'", True),
        ("  level=info msg='openai 429: too many requests'", False),
        ("  retried after openai 429: too many requests", False),
        ("  errors: 0\n  warnings: 0", False),
    ],
)
def test_a_record_is_as_loud_as_its_loudest_line(under: str, is_judged: bool) -> None:
    record = f"12:00:01 INFO the batch is done\n{under}"
    reader = Records()
    found = [each for line in record.split("\n") for each in reader.feed(line)]
    found += reader.flush()
    assert [(each.line, each.text, each.is_quiet) for each in found] == (
        [(2, under, False)] if is_judged else [(1, record, True)]
    )
    assert gives_no_error(record) is not is_judged


@pytest.mark.parametrize("field", ["error", "level", "log", "other"])
def test_a_line_of_json_that_is_nested_as_deep_as_can_be_read_is_a_record(field: str) -> None:
    for depth in range(850, 1010, 3):
        line = f'{{"{field}":{"[" * depth}{"]" * depth},"message":"it failed"}}'
        assert [number for number, _ in records(line)] == [1]


def test_nothing_is_lost_when_the_log_pauses() -> None:
    reader = Records()
    assert list(reader.feed("Traceback (most recent call last):")) == []
    assert list(reader.flush()) == [Record(1, "Traceback (most recent call last):", calls_itself_error=True)]
    assert list(reader.feed("ValueError: x")) == []
    assert list(reader.flush()) == [Record(2, "ValueError: x", calls_itself_error=True)]
    assert reader.line_count == 2


def test_of_a_record_without_end_both_ends_are_kept_and_not_more() -> None:
    reader = Records()
    found: list[Record] = []
    for number in range(5000):
        found += reader.feed(f"  line {number} " + "x" * 1000)
    found += reader.flush()
    assert max(len(record.text) for record in found) <= LONGEST_RECORD
    assert len(found) == -(-5000 // MOST_LINES)
    assert found[0].text.startswith("  line 0 ")


def test_a_single_line_without_end_is_shortened_in_its_middle() -> None:
    reader = Records()
    found = [*reader.feed("begin " + "x" * 3 * LONGEST_RECORD + " end"), *reader.flush()]
    assert len(found) == 1
    assert len(found[0].text) <= LONGEST_RECORD + 1
    assert (found[0].text[:5], found[0].text[-3:]) == ("begin", "end")


def test_a_log_of_blank_lines_has_no_records() -> None:
    assert records("\n\n  \n\t\n") == []


def test_of_several_entries_one_without_a_level_of_errors_is_judged_only_when_no_other_decides() -> None:
    quiet = "2026-01-02 03:04:05 INFO retrying after openai insufficient_quota"
    error = "2026-01-02 03:04:06 ERROR Collection does not exist, collection name: orders"
    vague = "2026-01-02 03:04:06 ERROR it failed"
    assert [each.cause for each in diagnose(f"{quiet}\n{error}")] == ["collection_unknown"]
    assert [each.cause for each in diagnose(f"{quiet}\n{vague}")] == ["quota_exhausted"]
