"""Long lines at a terminal, at its real width; in a pipe and in a file nothing is broken."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios

import pytest

from vzctl.render.folding import folded

SENTENCE = "error: the credential is not at Astra yet: a person has to add it at the Portal first"
NEXT = "  next: vzctl credentials rotate openai-prod --secret-stdin"
WHY = "    # give it a new key under the same name, and then go on"
TO_COPY = '  recipients = ["age1hrsjdpla4pfl2g8r7wgqdvgvdpe6ewqgcvq854mzc05cykww0yvqjy8jy9"]'


def at_terminal(line: str, columns: int) -> list[str]:
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(controller, "rb"), os.fdopen(terminal, "w") as stream:
        return list(folded([line], stream))


@pytest.mark.parametrize(
    ("line", "columns", "shown"),
    [
        (SENTENCE, 100, [SENTENCE]),
        (
            SENTENCE,
            40,
            ["error: the credential is not at Astra", "  yet: a person has to add it at the", "  Portal first"],
        ),
        (NEXT, 40, [NEXT]),
        (WHY, 80, [WHY]),
        (WHY, 40, ["    # give it a new key under the same", "    # name, and then go on"]),
        (TO_COPY, 40, [TO_COPY]),
        (SENTENCE, 0, [SENTENCE]),
    ],
)
def test_a_line_is_broken_between_words_and_a_command_stays_whole(line: str, columns: int, shown: list[str]) -> None:
    assert at_terminal(line, columns) == shown


def test_what_is_no_terminal_gets_every_line_as_it_is() -> None:
    assert list(folded([SENTENCE, NEXT], io.StringIO())) == [SENTENCE, NEXT]
