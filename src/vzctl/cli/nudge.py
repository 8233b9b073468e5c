"""Make a blocking wait end for a signal that arrives just before it begins.

Python runs the handler of a signal between two bytecodes, or when the signal interrupts a system call. A signal that arrives
after the last bytecode and before the system call has been noted by then, and the call waits as if it had not arrived.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Final

from vzctl.errors import ENDING_SIGNALS

_NUDGE: Final = signal.SIGURG  # what nobody handles, the operating system ignores
_PAUSE_SECONDS: Final = 0.05


@contextlib.contextmanager
def signals_end_waits() -> Iterator[None]:
    """Interrupt system calls of the main thread inside the block again and again, once an ending signal has arrived.

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
