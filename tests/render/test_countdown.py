"""A wait that is shown: counting down at a terminal, said once elsewhere, and nothing with --quiet."""

from __future__ import annotations

import contextlib
import io
import os
import pty
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest

from vzctl.render.countdown import Countdown

END = "\x1f"


class Terminal:
    """A real pseudo-terminal as standard error."""

    def __init__(self) -> None:
        self._reader, writer = pty.openpty()
        self.stream = os.fdopen(writer, "w")
        self._is_open = True

    def shown(self) -> str:
        """Return everything that was written; a pseudo-terminal hands it over piece by piece."""
        self.stream.write(END)
        self.stream.flush()
        shown = b""
        while not shown.endswith(END.encode()):
            shown += os.read(self._reader, 65536)
        return shown.decode().removesuffix(END)

    def hang_up(self) -> None:
        os.close(self._reader)
        self._is_open = False

    def close(self) -> None:
        if self._is_open:
            self.hang_up()
        with contextlib.suppress(OSError):
            self.stream.close()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("COLUMNS", "50")
    made = Terminal()
    yield made
    made.close()


def test_one_line_counts_down_and_is_gone_at_the_end(terminal: Terminal) -> None:
    with redirect_stderr(terminal.stream), Countdown("waiting for shop", is_quiet=False, is_dumb=False) as countdown:
        countdown.show(2.4)
        countdown.show(1.0)
    erase = "\r\x1b[K"
    assert (
        terminal.shown()
        == f"{erase}waiting for shop: 3 s left (^C ends it){erase}waiting for shop: 1 s left (^C ends it){erase}"
    )


def test_a_long_line_stays_one_line(terminal: Terminal) -> None:
    with redirect_stderr(terminal.stream), Countdown("x" * 100, is_quiet=False, is_dumb=False) as countdown:
        countdown.show(5)
        assert len(terminal.shown().removeprefix("\r\x1b[K")) < 50


def test_what_is_waited_for_cannot_move_the_cursor(terminal: Terminal) -> None:
    with redirect_stderr(terminal.stream), Countdown("evil\x1b[2Jname", is_quiet=False, is_dumb=False) as countdown:
        countdown.show(5)
        assert "\x1b[2J" not in terminal.shown()


@pytest.mark.parametrize("is_dumb", [True, False])
def test_elsewhere_it_is_said_once(is_dumb: bool) -> None:
    stream = io.StringIO()
    with redirect_stderr(stream), Countdown("waiting for shop", is_quiet=False, is_dumb=is_dumb) as countdown:
        countdown.show(20)
        countdown.clear()
        countdown.show(19)
    assert stream.getvalue() == "waiting for shop: at most 20 s left\n"


def test_a_dumb_terminal_gets_the_one_line(terminal: Terminal) -> None:
    with redirect_stderr(terminal.stream), Countdown("waiting for shop", is_quiet=False, is_dumb=True) as countdown:
        countdown.show(20)
        countdown.show(19)
    assert terminal.shown() == "waiting for shop: at most 20 s left\r\n"


def test_quiet_says_nothing() -> None:
    stream = io.StringIO()
    with redirect_stderr(stream), Countdown("waiting for shop", is_quiet=True, is_dumb=False) as countdown:
        countdown.show(20)
    assert stream.getvalue() == ""


def test_a_terminal_that_goes_away_is_no_failure(terminal: Terminal) -> None:
    with redirect_stderr(terminal.stream), Countdown("waiting for shop", is_quiet=False, is_dumb=False) as countdown:
        countdown.show(20)
        terminal.hang_up()
        countdown.show(19)
        countdown.show(18)
