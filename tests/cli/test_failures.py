"""How failures end: which exit status wins, a bug without a traceback, ^C, a reader that went away."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cli import PROCESS_LIMIT_SECONDS, Cli, installed_command
from tests.support.tools import require_tool
from vzctl.errors import ENDING_SIGNALS, ConflictError, ExitStatus
from vzctl.usecases.outcome import batch_status


@contextmanager
def locked(cli: Cli) -> Iterator[None]:
    """Hold the state's lock as another process would."""
    path = cli.state.with_name("state.toml.d") / "lock"
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        holder = {"pid": 7, "host": "elsewhere", "command": "scope add", "since": "2026-01-31T12:00:00Z"}
        path.write_text(json.dumps(holder), encoding="utf-8")
        yield


# Exit statuses of several things at once: 12 wins over 9, that over 10, that over 11, that over the item's own.


@pytest.mark.parametrize("others", [(), (ExitStatus.OK,), (ExitStatus.MANUAL, ExitStatus.CONFLICT)])
def test_the_worse_of_several_exit_statuses_wins(others: tuple[ExitStatus, ...]) -> None:
    failed = ConflictError("", code="")
    order = [ExitStatus.ROTATION_OPEN, ExitStatus.STATE, ExitStatus.SECRET_STORE]
    for number, best in enumerate(order):
        for worse in itertools.permutations(order[number:]):
            assert batch_status([*others, *worse], failed) is best
    assert batch_status([*others, ExitStatus.CONFLICT], failed) is ExitStatus.PARTIAL


def test_a_batch_that_did_not_fail_ends_as_its_worst_item() -> None:
    assert batch_status([ExitStatus.OK], None) is ExitStatus.OK
    assert batch_status([ExitStatus.OK, ExitStatus.MANUAL, ExitStatus.OK], None) is ExitStatus.MANUAL


def test_an_open_rotation_wins_over_a_locked_state(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    assert cli.rotate().status == 14
    assert cli.run("rotations", "resume", "openai-prod", "--attest", "removed").status == 12
    with locked(cli):
        alone = cli.run("databases", "add", "x", "--id", "3" * 32, "--lock-timeout", "0")
        resumed = cli.run("rotations", "resume", "openai-prod", "--attest", "recreated", "--lock-timeout", "0")
    lock = "the state is locked by process 7 on elsewhere: scope add, since 2026-01-31T12:00:00Z; waited 0 s"
    assert (alone.status, alone.error) == (9, lock)
    assert (resumed.status, resumed.error) == (12, f'{lock}; the rotation of "openai-prod" stands at REMOVED')


def test_a_store_that_fails_in_a_batch_wins_over_the_batch(cli: Cli) -> None:
    picky = 'value=$(cat); [ \\"$value\\" != sk-2 ] && printf %s \\"$value\\" > \\"$0\\"'
    cli.configure(
        f'[secrets]\nstore = "exec"\n[secrets.exec]\nget = ["sh", "-c", "cat \\"$(printf %s \\"$0\\" | tr / _)\\"", "{{item}}"]\n'
        f'set = ["sh", "-c", "cd .; set -- \\"$(printf %s \\"$0\\" | tr / _)\\"; {picky.replace("$0", "$1")}", "{{item}}"]\n'
        'delete = ["sh", "-c", "rm \\"$(printf %s \\"$0\\" | tr / _)\\"", "{item}"]\n'
    )
    cli.init()
    lines = "".join(f'{{"name": "c{n}", "provider": "openai", "secret_env": "KEY_{n}"}}\n' for n in (1, 2, 3))
    (cli.folder / "batch").write_text(lines, encoding="utf-8")
    keys = {f"KEY_{n}": f"sk-{n}" for n in (1, 2, 3)}
    result = cli.run("credentials", "add", "--from", "batch", env=keys)
    assert (result.status, [row[1] for row in result.rows]) == (10, ["OK", "SECRET_STORE_FAILED", "NOT_STARTED"])


# A bug.


def test_a_bug_writes_where_it_happened_and_shows_neither_traceback_nor_values(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        try:
            raise ValueError("sk-proj-0123456789abcdefghij")
        except ValueError as error:
            raise RuntimeError("sk-proj-0123456789abcdefghij") from error

    monkeypatch.setattr(socket, "gethostname", broken)
    for output in ("plain", "json"):
        result = cli.run("credentials", "list", "-o", output)
        path = Path(re.search(r"the debug log is (\S+)", result.err)[1])  # type: ignore[index]
        message = f"this is a bug in vzctl (RuntimeError); the debug log is {path}"
        assert (result.status, result.err) == (1, f"error: {message}\n")
        text = path.read_text(encoding="utf-8")
        assert path.stat().st_mode & 0o777 == 0o600
        assert ("builtins.RuntimeError\n" in text, "builtins.ValueError\n" in text) == (True, True)
        assert "world.py" in text or "wiring.py" in text
        assert "sk-proj" not in text
        if output == "json":
            document = json.loads(result.out)
            assert (document["code"], document["command"], document["message"]) == (
                "INTERNAL",
                "credentials.list",
                message,
            )


def test_a_debug_log_that_cannot_be_written_is_no_second_failure(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise RuntimeError

    monkeypatch.setattr(socket, "gethostname", broken)
    result = cli.run("status", env={"XDG_STATE_HOME": "/dev/null"})
    assert (result.status, result.err) == (1, "error: this is a bug in vzctl (RuntimeError)\n")


@pytest.mark.parametrize("output", ["plain", "json"])
def test_an_interrupt_while_reading_ends_with_130(cli: Cli, monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(socket, "gethostname", interrupted)
    result = cli.run("status", "-o", output)
    assert (result.status, result.err) == (130, "\nerror: interrupted; nothing more was changed\n")
    if output == "json":
        document = json.loads(result.out)
        assert (document["ok"], document["code"], document["changed"]) == (False, "INTERRUPTED", False)


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_while_a_key_is_awaited_ends_the_command_and_leaves_nothing(cli: Cli, number: int) -> None:
    cli.init().add()
    before = cli.everything()
    fifo = cli.folder / "fifo"
    os.mkfifo(fifo)
    words = ("credentials", "add", "new", "--provider", "openai", "--secret-file", str(fifo))
    process = subprocess.Popen(
        [*installed_command(), *words],
        env=cli.process_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with fifo.open("wb"):  # returns when the command has opened its end, which is a moment before it waits
        process.send_signal(number)
        out, err = process.communicate(timeout=PROCESS_LIMIT_SECONDS)
    expected = 128 + number
    assert (process.returncode, out, cli.everything()) == (expected, b"", before)
    assert b"Traceback" not in err


# Readers and writers that are not there.


@pytest.mark.parametrize(
    "words",
    ["-h", "--version", "help environment", "completion bash", "providers list", "providers list -o human",
     "providers list -o json"],
)  # fmt: skip
def test_a_reader_that_went_away_ends_the_command_quietly(cli: Cli, words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*installed_command(), *words.split()],
        env=cli.process_environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=PROCESS_LIMIT_SECONDS,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_head_gets_its_line_and_nobody_complains(cli: Cli) -> None:
    cli.init()
    for number in range(40):
        cli.ok("databases", "add", f"db{number}")
    program = " ".join(f"'{word}'" for word in installed_command())
    done = subprocess.run(
        ["sh", "-c", f"{program} databases list | head -n 1"],
        env=cli.process_environment(),
        capture_output=True,
        timeout=PROCESS_LIMIT_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout.split(b"\t")[0], done.stderr) == (0, b"shop", b"")


@pytest.mark.slow
@pytest.mark.sampled(2)
@pytest.mark.parametrize("closed", ["stdin", "stdout", "stderr", "all"])
def test_closed_streams_are_no_reason_to_fail_unless_the_answer_cannot_be_told(cli: Cli, closed: str) -> None:
    cli.init()
    redirection = {"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-", "all": "<&- >&- 2>&-"}[closed]
    program = " ".join(f"'{word}'" for word in installed_command())
    told = 1 if closed in {"stdout", "all"} else 0
    for words, status, error in (
        ("databases list", told, "cannot write to standard output: it is closed"),
        ("databases list -o human", told, "cannot write to standard output: it is closed"),
        ("databases list -o json", told, "cannot write to standard output: it is closed"),
        ("diagnose --text 'ERROR 429 openai'", told, "cannot write to standard output: it is closed"),
        ("diagnose --lines --text 'ERROR 429 openai'", told, "cannot write to standard output: it is closed"),
        ("databases show nowhere", 3, "there is no database"),
        ("databases edit shop --status ACTIVE -o human", 0, ""),
    ):
        done = subprocess.run(
            ["sh", "-c", f"{program} {words} {redirection}"],
            env=cli.process_environment(),
            capture_output=True,
            timeout=PROCESS_LIMIT_SECONDS,
            check=False,
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (status, False), words
        if closed == "stdout":
            assert done.stderr.decode().startswith(f"error: {error}" if error else ""), words


@pytest.mark.parametrize(
    ("redirection", "status", "error"),
    [
        ("<&-", 2, "standard input is closed: no key can be read from it"),
        ("</dev/null", 2, "the secret was refused: it is empty"),
        ("<<< sk-from-here", 0, ""),
    ],
)
def test_a_key_from_a_standard_input_of_every_kind(cli: Cli, redirection: str, status: int, error: str) -> None:
    require_tool("bash")
    cli.init()
    program = " ".join(f"'{word}'" for word in installed_command())
    command = f"{program} credentials add new --provider openai --secret-stdin -q {redirection}"
    done = subprocess.run(
        ["bash", "-c", command],
        env=cli.process_environment(),
        cwd=cli.folder,
        capture_output=True,
        timeout=PROCESS_LIMIT_SECONDS,
        check=False,
    )
    expected = f"error: {error}\n" if error else ""
    assert (done.returncode, done.stderr.decode()) == (status, expected)


def test_a_standard_input_that_cannot_be_read_is_said(cli: Cli) -> None:
    with Path("/dev/null").open("wb") as write_only:
        result = cli.init().process("credentials", "find", "--secret-stdin", stdin=write_only)
    assert (result.status, result.error) == (2, "cannot read standard input: Bad file descriptor")


@pytest.mark.parametrize("words", [["-o", "json"], ["--output", "json"], ["--output=json"], ["-ojson"]])
def test_what_the_parser_refuses_is_a_document_too(cli: Cli, words: list[str]) -> None:
    result = cli.run("frobnicate", *words)
    assert (result.status, json.loads(result.out)["code"]) == (2, "USAGE")


def test_a_user_without_a_name_is_unknown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    names = {"LOGNAME": "", "USER": "", "LNAME": "", "USERNAME": ""}
    assert cli.run("init", "--control-plane", "local", env=names).status == 0
    assert cli.ok("audit").rows[0][5] == "unknown"


@pytest.mark.parametrize("output", ["plain", "human", "json"])
def test_a_full_disk_behind_stdout_is_said_and_is_no_bug(cli: Cli, output: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*installed_command(), "providers", "list", "-o", output],
            env=cli.process_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PROCESS_LIMIT_SECONDS,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"error: cannot write to standard output: No space left on device\n")


def test_an_error_that_cannot_be_written_as_json_is_said_on_stderr(cli: Cli) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*installed_command(), "frobnicate", "-o", "json"],
            env=cli.process_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PROCESS_LIMIT_SECONDS,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, b"error: no such command 'frobnicate'\n")
