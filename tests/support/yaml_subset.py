"""The part of YAML that this repository's own files use, so that the tests need no library for it.

Mappings and lists by indentation, plain and quoted scalars, lists in brackets on one line, block scalars (`|`, `>-`), comments. All
scalars are strings. Everything else, tabs and repeated keys included, is a `ValueError` with the line.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Final

_COMMENT: Final = re.compile(r"(?:^|\s+)#.*$")
_BLOCK: Final = re.compile(r"(?P<before>.*[:-]) [|>]-?")
_PAIR: Final = re.compile(r"(?P<key>[\w-]+):(?: (?P<value>.+))?")
_QUOTED: Final = re.compile(r"\"([^\"\\]*)\"|'([^']*)'")
_PLAIN: Final = re.compile(r"(?:[^\s\"'\[\]{}&*!|>%@`,#?:-]|-(?=\S))(?:[^:#\t]|:(?! |$)|(?<! )#)*")


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    indent: int
    text: str
    block: str | None = None


def parse(text: str) -> Any:
    """Return the document as mappings, lists, strings, and None."""
    lines = deque(_lines(text))
    if not lines:
        return None
    value = _node(lines, 0)
    if lines:
        raise ValueError(f"line {lines[0].number}: wrong indentation")
    return value


def _lines(text: str) -> list[_Line]:
    """Return the lines without comments and empty lines; a block scalar becomes a part of the line that opens it."""
    waiting = deque(enumerate(text.splitlines(), start=1))
    found = []
    while waiting:
        number, whole = waiting.popleft()
        stripped = _COMMENT.sub("", whole).rstrip()
        if not stripped:
            continue
        line = _Line(number, len(stripped) - len(stripped.lstrip(" ")), stripped.lstrip(" "))
        opened = _BLOCK.fullmatch(line.text)
        if opened is not None:
            inside = []
            while waiting and (not waiting[0][1].strip() or waiting[0][1].startswith(" " * (line.indent + 1))):
                inside.append(waiting.popleft()[1].strip())
            line = replace(line, text=opened["before"], block="\n".join(inside).strip())
        found.append(line)
    return found


def _node(lines: deque[_Line], indent: int) -> Any:
    if lines[0].indent != indent:
        raise ValueError(f"line {lines[0].number}: wrong indentation")
    if lines[0].text.startswith("- "):
        return _list(lines, indent)
    return _mapping(lines, indent) if _PAIR.fullmatch(lines[0].text) else _scalar(lines.popleft())


def _list(lines: deque[_Line], indent: int) -> list[Any]:
    items = []
    while lines and lines[0].indent == indent and lines[0].text.startswith("- "):
        line = lines.popleft()
        lines.appendleft(replace(line, indent=indent + 2, text=line.text.removeprefix("- ")))
        items.append(_node(lines, indent + 2))
    return items


def _mapping(lines: deque[_Line], indent: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    while lines and lines[0].indent == indent and not lines[0].text.startswith("- "):
        line = lines.popleft()
        pair = _PAIR.fullmatch(line.text)
        if pair is None:
            raise ValueError(f"line {line.number}: not a key")
        if pair["key"] in values:
            raise ValueError(f'line {line.number}: the key "{pair["key"]}" is repeated')
        if line.block is not None:
            values[pair["key"]] = line.block
        elif pair["value"] is not None:
            values[pair["key"]] = _scalar(replace(line, text=pair["value"]))
        else:
            values[pair["key"]] = _node(lines, lines[0].indent) if lines and lines[0].indent > indent else None
    return values


def _scalar(line: _Line) -> Any:
    if line.text.startswith("[") and line.text.endswith("]"):
        return [_scalar(replace(line, text=item.strip())) for item in line.text[1:-1].split(",")]
    quoted = _QUOTED.fullmatch(line.text)
    if quoted is not None:
        return quoted[1] if quoted[1] is not None else quoted[2]
    if _PLAIN.fullmatch(line.text):
        return line.text
    raise ValueError(f"line {line.number}: not a plain scalar")
