"""`status` on one screen, however much wants attention: the most urgent of each kind, and how many more there are.

No line breaks a word: an address that goes over the edge is still copied whole.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from vzctl.domain.rules import counted
from vzctl.render.cells import escape
from vzctl.usecases.status import Attention, AttentionGroup, Status

Piece = tuple[str, str]
"""A text and its style, one of those that `human` knows."""
Line = list[Piece]

LOWEST: Final = 24
_LINES_AFTER: Final = 2
"""The next command, which comes on stderr, and the prompt."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The size of the terminal, and how many cells a text takes on it."""

    width: int
    height: int
    measure: Callable[[str], int] = len

    def rows(self, line: Line) -> int:
        """Return how many rows the line takes when the terminal breaks it."""
        return max(1, -(-sum(self.measure(text) for text, _ in line) // max(self.width, 1)))


def lines(status: Status, screen: Screen) -> Iterator[Line]:
    """Yield the lines of the screen, without the settings."""
    head = list(_head(status, screen.width))
    yield from head
    if not status.attention:
        yield [("nothing wants attention", "good")]
        return
    room = max(screen.height, LOWEST) - _LINES_AFTER - sum(map(screen.rows, head))
    blocks = _blocks(status, screen, room)
    is_airy = sum(screen.rows(line) for block in blocks for line in block) + len(blocks) <= room
    for block in blocks:
        if is_airy:
            yield []
        yield from block


def _head(status: Status, width: int) -> Iterator[Line]:
    counts, known = status.counts, status.unproven
    yield [(f"{escape(status.organization)} ({status.control_plane})  serial {status.serial}", "heading")]
    yield [(escape(status.path), "quiet")]
    size = (
        f"{counted(counts.credentials, 'credential')} of {counted(counts.integrations, 'integration')}, "
        f"{counted(counts.databases, 'database')} ({counts.active_databases} active), "
        f"{counted(counts.collections, 'collection')}, {counted(counts.columns, 'table column')}"
    )
    for line in _wrapped(size, width, ""):
        yield [(line, "")]
    oldest = counted(status.oldest_key_days, "day") if status.oldest_key_days is not None else "unknown"
    yield [(f"oldest key {oldest}; {status.keys_due} due, {status.keys_of_unknown_age} of unknown age", "")]
    if known.wanted or known.attested:
        yield [(f"not proven: {counted(known.wanted, 'fact')} wanted, {known.attested} attested by a person", "")]


def _blocks(status: Status, screen: Screen, room: int) -> list[list[Line]]:
    """Return the lines of each kind. Every kind has its line; what room is left goes to items, the most urgent first."""
    items = {
        group.kind: [_item(item, screen.width) for item in status.attention if item.kind == group.kind]
        for group in status.groups
    }
    shown = dict.fromkeys(items, 0)
    blocks = [_block(group, items[group.kind], 0) for group in status.groups]
    has_grown = True
    while has_grown:
        has_grown = False
        for number, group in enumerate(status.groups):
            if shown[group.kind] == len(items[group.kind]):
                continue
            longer = _block(group, items[group.kind], shown[group.kind] + 1)
            others = sum(screen.rows(line) for block in blocks if block is not blocks[number] for line in block)
            if others + sum(map(screen.rows, longer)) <= room:
                shown[group.kind] += 1
                blocks[number] = longer
                has_grown = True
    return blocks


def _item(item: Attention, width: int) -> list[Line]:
    """Return what is wrong, broken between words where it has no room, and the command on a line of its own."""
    # What is wrong with a thing names the thing already.
    what = item.message if item.kind == "problem" else f"{item.subject}: {item.message}"
    first, *others = _wrapped(f"{item.kind}: {escape(what)}", width, "  ")
    prefix = f"{item.kind}:"
    style = "bad" if item.kind in ("leaked key", "outage") else "warn"
    return [
        [(prefix, style), (first[len(prefix) :], "")],
        *([(line, "")] for line in others),
        [(f"    {escape(str(item.command))}", "command")],
    ]


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Return the text in lines that are broken between words only."""
    return textwrap.wrap(text, max(width, 20), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _block(group: AttentionGroup, items: list[list[Line]], number: int) -> list[Line]:
    """Return the first items of a kind, and how many more there are."""
    if number == 0:
        return [[(f"{_plural(group.kind, len(items))}: ", "warn"), (str(group.command), "command")]]
    found = [line for item in items[:number] for line in item]
    left = len(items) - number
    return [*found, [(f"  and {left} more: ", "quiet"), (str(group.command), "command")]] if left else found


def _plural(kind: str, number: int) -> str:
    """Return `1 key due`, `2 keys due`: the first noun counts, where a word follows it."""
    first, space, rest = kind.partition(" ")
    return f"{counted(number, first)}{space}{rest}" if first == "key" else counted(number, kind)
