"""^C, SIGTERM, SIGHUP and SIGQUIT during a rotation: finish the current step, then stop. A second one stops at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

from vzctl.errors import ENDING_SIGNALS

_NUDGE: Final = signal.SIGURG  # what nobody handles, the operating system ignores
_PAUSE_SECONDS: Final = 0.05


class Terminated(KeyboardInterrupt):
    """Another signal than that of ^C: ends a command as ^C does, with what it had begun tidied up."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal = number


def listen() -> None:
    """Make signals exceptions, where they would end the process as it stands; one that is ignored stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in ENDING_SIGNALS.keys() - {signal.SIGINT}:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


class Interrupts:
    """Remembers the first signal, so that the walk can stop between two steps."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._is_waiting = False

    def requested(self) -> bool:
        """Whether a signal asked to stop."""
        return self.received is not None

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Take over inside the block the signals that are not ignored."""
        numbers = [number for number in ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._receive) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Inside the block nothing is under way but a wait for somebody's input: a signal ends it at once."""
        before, self._is_waiting = self._is_waiting, True
        try:
            if self.received is not None:
                raise KeyboardInterrupt
            with signals_end_waits():
                yield
        finally:
            self._is_waiting = before

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        was_received = self.received is not None
        self.received = number
        if was_received or self._is_waiting:
            raise KeyboardInterrupt
        # Nobody there to read it, or a write that the signal fell into, is no reason to leave the step unfinished.
        with contextlib.suppress(OSError, ValueError, RuntimeError, AttributeError):
            sys.stderr.write("finishing the current step, then stopping; once more to stop now\n")
            sys.stderr.flush()


@contextlib.contextmanager
def signals_end_waits() -> Iterator[None]:
    """Interrupt system calls of the main thread inside the block again and again, once an ending signal has arrived.

    Python runs the handler of a signal between two bytecodes, or when the signal interrupts a system call. A signal that arrives
    after the last bytecode and before the system call has been noted by then, and the call waits as if it had not arrived.
    The signal itself is not sent again: its handler would run twice.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    is_over = threading.Event()
    thread = threading.Thread(target=_watch, args=(reader, threading.get_ident(), is_over), daemon=True)
    handler = signal.signal(_NUDGE, lambda _number, _frame: None)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        _start_without_signals(thread)
        yield
    finally:
        is_over.set()
        signal.set_wakeup_fd(before)
        os.close(writer)
        if thread.ident is not None:
            thread.join()
        os.close(reader)
        signal.signal(_NUDGE, handler)


def _start_without_signals(thread: threading.Thread) -> None:
    """Start a thread that the operating system never chooses to receive a signal of the process."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _watch(reader: int, main: int, is_over: threading.Event) -> None:
    while numbers := os.read(reader, 64):  # one byte for each signal; the end of the block closes the pipe
        if ENDING_SIGNALS.keys().isdisjoint(numbers):
            continue
        while not is_over.wait(_PAUSE_SECONDS):
            signal.pthread_kill(main, _NUDGE)
