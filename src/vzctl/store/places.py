"""Where something is in the text of a state file: from `("credentials", 3, "name")` to a line number.

A parser knows it no more and a person needs it. Found by the headers and keys as vzctl writes them, and as far as
possible as people do; a place that cannot be found is given as the table it is in, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vzctl.domain.checks.integrity import Place

_HEADER: Final = re.compile(rb"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(?:#.*)?$")


def line_of(data: bytes, place: Place) -> int | None:
    """Return the line of a place, counted from 1."""
    if not place:
        return None
    lines = data.split(b"\n")
    start, end, found, path = 0, len(lines), False, ""
    parts = list(place)
    while parts:
        name = str(parts.pop(0))
        path = f"{path}.{name}" if path else name
        number = parts.pop(0) if parts and isinstance(parts[0], int) else None
        headers = _headers(lines, range(start, end), path, is_row=number is not None)
        wanted = number if isinstance(number, int) else 0
        if wanted < len(headers):
            start, end = headers[wanted], headers[wanted + 1] if wanted + 1 < len(headers) else end
            found = True
            continue
        line = _key(lines, range(start, end), name)
        if line is None:
            return start + 1 if found or number is None else None
        return line + 1 if number is None else _row(lines[line], line, wanted)
    return start + 1


def _headers(lines: Sequence[bytes], within: range, path: str, *, is_row: bool) -> list[int]:
    """Return the lines that begin the rows `[[path]]`, or the table `[path]`."""
    wanted = (b"[[" if is_row else b"[", path.encode())
    return [number for number in within if (found := _HEADER.match(lines[number])) and found.groups() == wanted]


def _key(lines: Sequence[bytes], within: range, name: str) -> int | None:
    """Return the line of `name =` in the table that begins the range; tables inside it do not count."""
    key = re.compile(rb"\s*" + re.escape(name.encode()) + rb"\s*=")
    for number in within:
        if key.match(lines[number]):
            return number
        if number > within.start and _HEADER.match(lines[number]):
            return None
    return None


def _row(opening: bytes, line: int, number: int) -> int:
    """Return the line of a row of a short table: `name = [`, then a row a line; or all of it on one line."""
    return line + 2 + number if opening.rstrip().endswith(b"[") else line + 1
