"""Run one program of the user's with a time limit, and leave nothing of it behind."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from vzctl.errors import ENDING_SIGNALS

STARTING_SECONDS: Final = 2.0
"""How long an end waits for programs that are being started."""
SHORTEST_KEY: Final = 8
"""Characters: something shorter, which no provider issues, would be found in ordinary variables by chance."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program left: its status (negative: the signal that ended it) and both streams."""

    status: int
    stdout: bytes
    stderr: bytes


class CommandNotStartedError(Exception):
    """The operating system could not start the program; the text is the system's word for it."""


class CommandTimedOutError(Exception):
    """The program was killed, with all that it had started."""


class RunningCommands:
    """The programs that run now, so that a process whose threads wait for them can end without leaving them behind."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._starting = 0
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._is_ended = False

    def begin(self) -> None:
        """Announce a start; raise `CommandNotStartedError` when nothing is started any more."""
        with self._changed:
            if self._is_ended:
                raise CommandNotStartedError("vzctl is ending")
            self._starting += 1

    def started(self, process: subprocess.Popen[bytes] | None) -> None:
        """Note what was started, None when the start failed; kill it when the end came in between."""
        with self._changed:
            self._starting -= 1
            if process is not None:
                self._processes.add(process)
                if self._is_ended:
                    kill_with_children(process)
            self._changed.notify_all()

    def left(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a program that has ended."""
        with self._changed:
            self._processes.discard(process)

    def end(self) -> None:
        """Kill every program with its children, and start none from now on."""
        with self._changed:
            self._is_ended = True
            for process in self._processes:
                kill_with_children(process)
            # A start that hangs in the operating system must not keep the process from ending.
            self._changed.wait_for(lambda: self._starting == 0, STARTING_SECONDS)


RUNNING: Final = RunningCommands()
"""Those of this process."""


def run_command(
    arguments: Sequence[str],
    *,
    stdin: bytes,
    environ: Mapping[str, str],
    time_limit_seconds: float,
    running: RunningCommands = RUNNING,
) -> Answer:
    """Run `arguments` without a shell; raises `CommandNotStartedError` or `CommandTimedOutError`.

    The program gets a session of its own: its children can be killed with it, and it cannot stop vzctl by asking
    something at the terminal.
    """
    running.begin()
    signals = HeldSignals()
    process = None
    try:
        process = subprocess.Popen(
            arguments,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandNotStartedError(error.strerror or type(error).__name__) from error
    finally:
        running.started(process)
        if process is None:
            signals.release()
    answer = None
    with process:
        try:
            signals.release()
            stdout, stderr = process.communicate(stdin, timeout=time_limit_seconds)
            answer = Answer(process.returncode, stdout, stderr)
        except subprocess.TimeoutExpired:
            kill_with_children(process)
        except BaseException:
            kill_with_children(process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STARTING_SECONDS)  # `with` does not wait after ^C
            raise
        finally:
            running.left(process)
    if answer is None:
        # Not raised inside `except`: the timeout's own exception holds what the program printed so far.
        raise CommandTimedOutError
    return answer


def environ_without(environ: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """Return the variables that have none of these secrets in them, alone or inside something else such as JSON."""
    bare = {secret.strip().strip('"') for secret in secrets} - {""}
    return {name: text for name, text in environ.items() if not any(_carries(text, secret) for secret in bare)}


def _carries(text: str, secret: str) -> bool:
    return text.strip() == secret or (len(secret) >= SHORTEST_KEY and secret in text)


class HeldSignals:
    """Signals that come while a program is being started wait until there is something that can be killed.

    Not by a mask: the program would inherit it.
    """

    def __init__(self) -> None:
        self._received: list[tuple[int, FrameType | None]] = []
        self._handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in ENDING_SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._handlers[number] = signal.signal(number, self._receive)

    def release(self) -> None:
        """Give the signals back to those who handled them, and the ones that came as well."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        for number, frame in self._received:
            handler = self._handlers[number]
            if callable(handler):
                handler(number, frame)
            else:
                signal.raise_signal(number)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received.append((number, frame))


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and its group; without process groups (Windows) the process alone."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
