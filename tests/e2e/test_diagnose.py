"""`diagnose` as an installed program: bad input, a log that grows, a terminal, a reader that goes away, flat memory."""

from __future__ import annotations

import gzip
import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.test_terminal import CONTROL_D, Terminal
from tests.support.canary import canary, places_with
from tests.support.cli import Cli, Result, installed_command

pytestmark = pytest.mark.installed

QUOTA: Final = "openai said 429: insufficient_quota"
NO_COLLECTION: Final = "Collection does not exist, collection name: orders"
MEBIBYTE: Final = 1024 * 1024
KEY: Final = canary(1)
SERVED: Final = (
    b"2026-01-02T03:04:05Z INFO a request was served by worker 7 in 12 ms, and nothing else is to be told of it\n"
)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli.create(tmp_path / "user")


def data_of(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.out)["data"]
    return found


# Bad input.


@pytest.mark.slow
@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (b"", "there is no text to diagnose"),
        (b" \r\n\t", "there is no text to diagnose"),
        (gzip.compress(QUOTA.encode()), "this is a gzip file, not text"),
        (bytes(range(256)) * 4000, "this is not text"),
        (os.urandom(MEBIBYTE), "this is not text"),
    ],
    ids=["empty", "blank", "gzip", "every byte", "random"],
)
def test_what_is_no_text_is_refused_with_a_word(cli: Cli, payload: bytes, error: str) -> None:
    for output in ("human", "plain", "json"):
        result = cli.process("diagnose", "-", "-o", output, stdin=payload)
        assert (result.status, result.error) == (2, error)
        assert "Traceback" not in result.err
    (cli.folder / "payload").write_bytes(payload)
    assert cli.process("diagnose", "payload").error == error


@pytest.mark.slow
@pytest.mark.parametrize(
    "payload",
    [
        b"nothing to see here\n" * (50 * MEBIBYTE // 20) + QUOTA.encode(),
        b"x" * 50 * MEBIBYTE + b" " + QUOTA.encode(),
        QUOTA.encode() + b" " + b'{"a":[' * 10 * MEBIBYTE,
    ],
    ids=["lines", "one line", "brackets"],
)
def test_of_fifty_megabytes_both_ends_are_read_and_it_says_so(cli: Cli, payload: bytes) -> None:
    result = cli.process("diagnose", "-o", "json", stdin=payload)
    assert (result.status, data_of(result)["cause"], data_of(result)["truncated"]) == (0, "quota_exhausted", True)
    assert [item["code"] for item in json.loads(result.out)["warnings"]] == ["PAYLOAD_CUT"]


@pytest.mark.slow
@pytest.mark.sampled(2)
@pytest.mark.parametrize("size", [2 * 512 * 1024, 2 * 512 * 1024 + 1, 3 * 512 * 1024 + 7, 9 * 512 * 1024])
def test_only_what_is_longer_than_two_windows_is_cut(cli: Cli, size: int) -> None:
    head, end = NO_COLLECTION.encode() + b"\n\n", b"\n2026-01-02 03:04:05 ERROR " + QUOTA.encode()
    payload = head + b"." * (size - len(head) - len(end)) + end
    data = data_of(cli.ok("diagnose", "-o", "json", stdin=payload))
    assert data["truncated"] is (size > MEBIBYTE)
    assert {data["cause"], *(item["cause"] for item in data["others"])} == {"quota_exhausted", "collection_unknown"}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":' * 100_000 + b'"insufficient_quota"',
        b"[" * 30_000 + b"insufficient_quota" + b"]" * 30_000,
        b"caf\xe9 \xff\xfe\x80: insufficient_quota",
        "429: insufficient_quota".encode("utf-16"),
        b"\x1b[31minsufficient_quota\x1b[0m\x00",
    ],
    ids=["deep objects", "deep lists", "invalid UTF-8", "UTF-16", "escapes"],
)
@pytest.mark.parametrize("words", [(), ("--lines",), ("--follow",)], ids=["one", "lines", "follow"])
def test_odd_text_is_judged_like_any_other(cli: Cli, payload: bytes, words: tuple[str, ...]) -> None:
    if b"\xff\xfe4" in payload and words:
        return  # a stream is told apart line by line, which UTF-16 is not
    result = cli.process("diagnose", *words, "-o", "json", stdin=payload)
    assert (result.status, data_of(result)["cause"]) == (0, "quota_exhausted"), result.err


@pytest.mark.parametrize("words", [("--lines",), ("--follow",)], ids=["lines", "follow"])
def test_a_gzip_file_is_no_stream(cli: Cli, words: tuple[str, ...]) -> None:
    result = cli.process("diagnose", *words, stdin=gzip.compress(QUOTA.encode()))
    assert (result.status, result.out, result.error) == (2, "", "this is a gzip file, not text")


@pytest.mark.slow
def test_three_errors_in_ten_thousand_lines_are_found(cli: Cli) -> None:
    lines = [SERVED.decode().strip()[:80]] * 10_000
    lines[77] = f"2026-01-02T03:04:05Z ERROR {NO_COLLECTION}"
    lines[5000] = f"2026-01-02T03:04:05Z ERROR {QUOTA}"
    lines[9999] = '2026-01-02T03:04:05Z ERROR {"errorCode":"UNAUTHENTICATED_REQUEST"}'
    log = "\n".join(lines)
    whole = data_of(cli.process("diagnose", "-o", "json", stdin=log))
    found = [whole, *whole["others"]]
    assert [item["cause"] for item in found] == ["collection_unknown", "quota_exhausted", "astra_auth"]
    followed = cli.process("diagnose", "--follow", "-o", "plain", stdin=log)
    assert [row[1] for row in followed.rows] == ["78", "5001", "10000"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere.txt", "cannot read 'nowhere.txt': No such file or directory"),
        (".", "cannot read '.': Is a directory"),
        ("/dev/zero", "'/dev/zero' is a device, not a text"),
        ("a\x01b", "cannot read 'a\\x01b': No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(cli: Cli, name: str, reason: str) -> None:
    result = cli.process("diagnose", name)
    assert (result.status, result.out, result.error) == (2, "", reason)


def test_standard_input_that_is_closed_or_nothing_is_no_hang(cli: Cli) -> None:
    closed = cli.process("diagnose", preexec_fn=lambda: os.close(0))
    assert (closed.status, closed.error) == (8, "nothing to diagnose: pipe the error in, name a FILE, or give --text")
    nothing = cli.process("diagnose", stdin=subprocess.DEVNULL)
    assert (nothing.status, nothing.error) == (2, "there is no text to diagnose")


# A terminal.


def test_a_person_is_asked_to_paste_and_gets_an_answer(cli: Cli) -> None:
    terminal = Terminal(cli, [*installed_command(), "diagnose"], None, 100)
    terminal.reads("paste the error here, then press Enter and ^D")
    terminal.types(QUOTA)
    terminal.presses(CONTROL_D)
    terminal.reads("the provider's side")
    assert terminal.ends() == 0


def test_a_terminal_on_which_nobody_may_be_asked_is_no_hang(cli: Cli) -> None:
    for name in ("VZCTL_NO_INPUT", "CI"):
        ours, theirs = pty.openpty()
        result = cli.process("diagnose", stdin=theirs, env={name: "1"})
        os.close(ours)
        os.close(theirs)
        assert (result.status, result.out) == (8, "")


# A log that grows.


@contextmanager
def following(cli: Cli, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*installed_command(), "diagnose", "--follow", *words],
        env=cli.process_environment(),
        cwd=cli.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def write(process: subprocess.Popen[bytes], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text.encode())
    process.stdin.flush()


def next_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


@pytest.mark.parametrize("output", ["plain", "json", "human"])
def test_an_error_is_shown_while_the_log_is_still_open(cli: Cli, output: str) -> None:
    with following(cli, "-o", output) as process:
        write(process, f"12:00:01 ERROR {QUOTA}\n")  # nothing comes after it, and still it is told
        assert "quota_exhausted" in next_line(process)
        write(process, '12:00:02 ERROR it failed:\nTraceback (most recent call last):\n  File "a.py", line 1, in a\n')
        write(process, f"ValueError: {NO_COLLECTION}\n12:00:03 INFO on\n")
        while "collection_unknown" not in (line := next_line(process)):
            assert line
        _, err = process.communicate()
        assert err.decode() == "6 lines read; errors: 1 astra, 1 provider\n" or output == "json"
        assert process.returncode == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_a_followed_log_with_its_counts(cli: Cli, number: int, status: int) -> None:
    with following(cli, "--dedupe", "-o", "plain") as process:
        write(process, f"12:00:01 ERROR {QUOTA}\n" * 3)
        assert next_line(process).split("\t")[9] == "1"
        write(process, f"12:00:01 ERROR {NO_COLLECTION}\n")
        while "collection_unknown" not in next_line(process):
            pass
        process.send_signal(number)
        out, err = process.communicate()
        assert [line.split("\t")[9] for line in out.decode().splitlines()] == ["3"]
        said = ["4 lines read; errors: 1 astra, 3 provider", "", "error: interrupted; nothing more was changed"]
        assert (process.returncode, err.decode().splitlines()) == (status, said)


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_the_following(cli: Cli) -> None:
    with following(cli, "-o", "plain") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        write(process, f"12:00:01 ERROR {QUOTA}\n")
        next_line(process)
        process.stdout.close()
        write(process, f"12:00:01 ERROR {QUOTA}\n")
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


@pytest.mark.slow
def test_a_log_of_any_length_takes_the_same_memory(cli: Cli) -> None:
    peaks = []
    for lines in (2_000, 200_000):
        log = cli.folder / "log"
        with log.open("wb") as file:
            for number in range(lines):
                file.write(SERVED)
                if number % 100 == 0:
                    file.write(
                        f'{{"level":"error","id":"{number}","message":"{QUOTA} of request {number}"}}\n'.encode()
                    )
        with log.open("rb") as file:
            process = subprocess.Popen(
                [*installed_command(), "diagnose", "--follow", "--dedupe", "-o", "plain"],
                env=cli.process_environment(),
                stdin=file,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
        assert status == 0
        peaks.append(usage.ru_maxrss)
    assert peaks[1] < 1.25 * peaks[0]


# Secrets.


@pytest.mark.sampled(21)
@pytest.mark.parametrize("output", ["human", "plain", "json"])
@pytest.mark.parametrize("words", [(), ("--lines",), ("--follow",), ("--follow", "--dedupe")], ids="-".join)
@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}. openai",
        f'12:00:01 ERROR openai 401 {{"api_key": "{KEY}", "error": "invalid_api_key"}}',
        f"12:00:01 ERROR Invalid credential name for vectorize: '{KEY}' Credential not found",
        f'{{"errorCode":"{KEY.upper().replace("-", "_")}","message":"failed"}}',
        f'{{"level":"error","message":"failed","response":{{"headers":{{"Authorization":"Bearer {KEY}"}},"status":429}}}}',
        f"https://user:{KEY}@api.openai.com/v1/embeddings connection refused",
        f'"providerKey": "{KEY}" {NO_COLLECTION}',
    ],
    ids=["sentence", "body", "name", "code", "header", "address", "definition"],
)
def test_a_key_in_what_was_pasted_is_shown_nowhere(cli: Cli, text: str, words: tuple[str, ...], output: str) -> None:
    cli.init().add(key="sk-other")
    result = cli.run("diagnose", *words, "-v", "-o", output, stdin=f"{text}\n", env={"COLUMNS": "2000"})
    assert result.status == 0, result.err
    assert "side" in result.out or "astra" in result.out or "provider" in result.out or "unknown" in result.out
    assert places_with([KEY], result, cli) == []
