"""A signal that the system call of a wait does not notice ends the wait all the same."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from vzctl.cli.interrupts import Interrupts, signals_end_waits
from vzctl.errors import ENDING_SIGNALS

LIMIT_SECONDS = 60  # only a failure takes so long


class Pipe:
    """A pipe that nobody writes into, and a thread that receives a signal while the main thread reads.

    A system call of the main thread does not notice a signal that another thread receives. That is what happens to one that
    arrives just before the call, and here it happens each time.
    """

    def __init__(self, number: int) -> None:
        self._reader, self._writer = os.pipe()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._receive, args=(number,))
        self.was_given_up = False

    def read(self) -> None:
        self._thread.start()
        os.read(self._reader, 1)

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()
        os.close(self._reader)
        os.close(self._writer)

    def _receive(self, number: int) -> None:
        self._is_over.wait(0.1)  # until the main thread reads
        signal.pthread_kill(threading.get_ident(), number)
        if not self._is_over.wait(LIMIT_SECONDS):
            self.was_given_up = True
            os.write(self._writer, b"x")


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_that_the_wait_does_not_notice_ends_it(number: int) -> None:
    interrupts, pipe = Interrupts(), Pipe(number)
    before = signal.getsignal(signal.SIGURG)
    with interrupts.deferred(), pytest.raises(KeyboardInterrupt), interrupts.waiting():
        pipe.read()
    pipe.close()
    assert (interrupts.received, pipe.was_given_up) == (number, False)
    assert (signal.getsignal(signal.SIGURG), signal.set_wakeup_fd(-1)) == (before, -1)


def test_a_wait_after_a_wait_within_it_ends_too() -> None:
    interrupts, pipe = Interrupts(), Pipe(signal.SIGTERM)

    def wait_twice() -> None:
        with interrupts.waiting():
            with interrupts.waiting():
                pass
            pipe.read()

    with interrupts.deferred(), pytest.raises(KeyboardInterrupt):
        wait_twice()
    pipe.close()
    assert (interrupts.received, pipe.was_given_up) == (signal.SIGTERM, False)


def test_the_handler_runs_once() -> None:
    received = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: received.append(number))
    is_read, reader, writer = threading.Event(), *os.pipe()

    def write_later() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        is_read.wait(0.3)  # several interruptions
        os.write(writer, b"x")

    try:
        with signals_end_waits():
            thread = threading.Thread(target=write_later)
            thread.start()
            assert os.read(reader, 1) == b"x"
            is_read.set()
            thread.join()
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(reader)
        os.close(writer)
    assert received == [signal.SIGTERM]


def test_another_thread_waits_as_ever() -> None:
    done = []

    def wait() -> None:
        with signals_end_waits():
            done.append(signal.getsignal(signal.SIGURG))

    before = signal.getsignal(signal.SIGURG)
    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    assert done == [before]
