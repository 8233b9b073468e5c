"""Long lines at a terminal: broken between words, and never where somebody copies from them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final, TextIO

LONGEST_WORD: Final = 40
"""A line with a longer word is one to copy from (a key, a path, an id in a list): the terminal may break it, not vzctl."""


def folded(lines: Iterable[str], stream: TextIO) -> Iterator[str]:
    """Yield the lines as they fit the terminal behind the stream; all of them as they are when there is none."""
    width = _width(stream)
    for line in lines:
        if width is None or len(line) <= width:
            yield line
        else:
            yield from _fold(line, width)


def _fold(line: str, width: int) -> Iterator[str]:
    text = line.lstrip(" ")
    indent = " " * (len(line) - len(text)) + ("# " if text.startswith("# ") else "  ")
    if text.startswith("next: ") or max(map(len, line.split()), default=0) > LONGEST_WORD:
        yield line
    else:
        import textwrap  # hardly any line is too long

        yield from textwrap.wrap(
            line,
            width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
            replace_whitespace=False,
        )


def _width(stream: TextIO) -> int | None:
    try:
        return os.get_terminal_size(stream.fileno()).columns or None if stream.isatty() else None
    except (OSError, ValueError, AttributeError):
        return None
