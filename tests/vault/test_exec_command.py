"""Programs that run while the process ends: none of them is left behind, none is started any more."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from vzctl.vault.exec_command import Answer, CommandNotStartedError, RunningCommands, run_command


def run(running: RunningCommands, *words: str) -> Answer:
    return run_command(words, stdin=b"", environ=dict(os.environ), time_limit_seconds=60, running=running)


def test_what_runs_is_killed_and_nothing_is_started_any_more(tmp_path: Path) -> None:
    running = RunningCommands()
    assert run(running, "true") == Answer(0, b"", b"")
    answers: list[Answer] = []
    os.mkfifo(tmp_path / "begun")
    script = f"echo >{tmp_path}/begun; sleep 1000"
    thread = threading.Thread(target=lambda: answers.append(run(running, "sh", "-c", script)))
    thread.start()
    (tmp_path / "begun").read_bytes()
    running.end()
    thread.join(30)
    assert answers == [Answer(-9, b"", b"")]
    with pytest.raises(CommandNotStartedError, match="vzctl is ending"):
        run(running, "true")


def test_a_program_that_cannot_be_started_is_not_waited_for() -> None:
    running = RunningCommands()
    with pytest.raises(CommandNotStartedError, match="No such file or directory"):
        run(running, "/nowhere/program")
    running.end()


def test_a_start_that_the_end_overtook_is_killed() -> None:
    running = RunningCommands()
    running.begin()
    ending = threading.Thread(target=running.end)
    ending.start()
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as process:
        # Until the end has come there is room for another start.
        while True:
            try:
                running.begin()
            except CommandNotStartedError:
                break
            running.started(None)
        running.started(process)
        assert process.wait(30) == -9
    ending.join(30)
