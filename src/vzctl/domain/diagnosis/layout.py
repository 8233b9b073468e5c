"""What a terminal did to a text: boxes around it, and words that it broke at the right edge.

A break inside a word is undone where the two parts make a word that the rules look for, or a host that they know, and where
every line of a run is broken at one width. Every other break stays.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from vzctl.domain.diagnosis.hosts import host_labels, owner
from vzctl.domain.diagnosis.log import without_prefix
from vzctl.domain.pattern import Pattern

SOFT_BREAK: Final = "\v"
"""A line break inside a string: no new entry of a log begins behind it."""
BREAKS: Final = Pattern(r"([\n\v])")

_DRAWN: Final = "\u2500-\u259f"
_PLAIN: Final = "|*#!"
_IS_BORDER: Final = Pattern(rf"^[{_DRAWN}\s+=*#-]{{3,400}}$")
_LID_OF_TRACEBACK: Final = Pattern("[\u256d\u250c\u250f\u2554+][\u2500\u2501\u2550-]{1,400} ?Traceback")
_FLOOR: Final = Pattern("^\\s{0,40}[\u2570\u2514\u2517\u255a+][\u2500\u2501\u2550-]")
_TRACEBACK: Final = "Traceback (most recent call last)"
_FIRST: Final = Pattern(r"^[\w.:/@%&?=+-]{1,300}")
_FIRST_WORD: Final = Pattern(r"^\w{1,100}")
_HOST: Final = Pattern(r"(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}")
_WORD: Final = Pattern(r"\w{2,100}")
_LONGEST_PART: Final = 60
_LONGEST_END: Final = 300
_FEWEST_IN_BOX: Final = 3
_FEWEST: Final = 4
_NARROWEST: Final = 16
_MOST_IN_BOX: Final = 0.7
_MOST: Final = 0.85
_PERHAPS: Final = 0.5
"""A line that is one character short may have lost the space at its end."""
_BEGINS: Final = Pattern(
    r"^(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:|\[?(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL|CRITICAL)\b|"
    r"[{\[]|\s{0,40}(?:File \"|at )|Traceback|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3} )"
)
"""How entries of a log, frames, and bodies begin: a line like this goes on with no other."""
_AHEAD: Final = 3
"""A word is looked for in at most so many lines."""


def laid_out(text: str, vocabulary: Callable[[], frozenset[str]]) -> str:
    """Return the text without boxes, each word in one piece again. `vocabulary`: the texts that the rules look for."""
    parts = BREAKS.compiled.split(text)
    return _rejoined(_without_boxes(parts[::2], [*parts[1::2], ""]), vocabulary) if len(parts) > 1 else text


class _Line(NamedTuple):
    """A line, how wide the box is that it stands in (0 for none), and the break behind it."""

    text: str
    width: int = 0
    end: str = "\n"


def _without_boxes(lines: list[str], ends: list[str]) -> list[_Line]:
    """Return what stands inside boxes, in the place of the boxes; a box of frames is left out."""
    found: list[_Line] = []
    number = 0
    while number < len(lines):
        line, end = lines[number], ends[number]
        lid = _LID_OF_TRACEBACK.compiled.search(line) if _TRACEBACK in line else None
        if lid is not None:
            number = _after_box(lines, number)
            found.append(_Line(line[: lid.start()], end=end))
            continue
        bare = without_prefix(line)
        if _is_drawn(bare.lstrip()[:1]):
            line = bare
        if _IS_BORDER.compiled.match(line.strip()) and _is_plain_box(lines, number):
            line = ""
        inner = _inner(line, is_in_plain_box=_is_plain_side(line) and _is_plain_box(lines, number))
        found.append(inner._replace(end=end))
        number += 1
    return found or [_Line("", end="")]


def _after_box(lines: list[str], number: int) -> int:
    """Return the line behind the box that begins here."""
    for end in range(number + 1, len(lines)):
        if _FLOOR.compiled.match(without_prefix(lines[end])):
            return end + 1
    return number + 1


def _inner(line: str, *, is_in_plain_box: bool) -> _Line:
    """Return what a line of a box or of a quotation holds; any other line as it is."""
    bare = line.strip()
    if is_in_plain_box:
        return _between_sides(bare)
    if bare and _is_drawn(bare[0]):
        if _is_drawn(bare[1:2]):
            return _Line("".join(" " if _is_drawn(character) else character for character in bare).strip())
        return _between_sides(bare) if _is_drawn(bare[-1]) else _Line(bare[1:].removeprefix(" "))
    return _Line(bare.lstrip("> ") if bare.startswith("> ") else line)


def _between_sides(bare: str) -> _Line:
    inner = bare[1:-1].removeprefix(" ").removesuffix(" ")
    return _Line(inner.rstrip(), len(inner))


def _is_drawn(character: str) -> bool:
    return len(character) == 1 and "\u2500" <= character <= "\u259f"


def _is_plain_side(line: str) -> bool:
    bare = line.strip()
    return len(bare) > 1 and bare[0] in _PLAIN and bare[-1] == bare[0]


def _is_plain_box(lines: list[str], number: int) -> bool:
    """Whether a line between two marks is in a box of plain characters: the line before or behind it is too."""
    near = lines[max(0, number - 1) : number] + lines[number + 1 : number + 2]
    is_border = _IS_BORDER.compiled.match(lines[number].strip()) is not None
    return any(_is_plain_side(line) or (not is_border and _IS_BORDER.compiled.match(line.strip())) for line in near)


def _rejoined(found: list[_Line], vocabulary: Callable[[], frozenset[str]]) -> str:
    lines = [line.text for line in found]
    parts = [lines[0]]
    ends = [found[0].end]
    skip = 0
    widths = _cut_widths(found)
    for number in range(len(lines) - 1):
        if skip:
            skip -= 1
            continue
        before = parts[-1].rstrip()
        taken = _lines_of_word(before, lines[number + 1 : number + 1 + _AHEAD], vocabulary) if before else 0
        if not taken and widths[number] and len(lines[number]) == widths[number]:
            parts[-1] += lines[number + 1]
            ends[-1] = found[number + 1].end
        elif taken:
            parts[-1] = before + "".join(line.strip() for line in lines[number + 1 : number + taken])
            parts[-1] += lines[number + taken].lstrip()
            ends[-1] = found[number + taken].end
            skip = taken - 1
        else:
            parts.append(lines[number + 1])
            ends.append(found[number + 1].end)
    return "".join(part + end for part, end in zip(parts, ends, strict=True))


def _cut_widths(lines: list[_Line]) -> list[int]:
    """Return for each line the width at which the run of lines around it is cut, whatever stands there; 0 for no such width.

    Who breaks lines between words leaves lines of many lengths. Lines of a log that happen to be equally long are no run.
    """
    widths = [0] * len(lines)
    start = 0
    for end in range(len(lines) + 1):
        if (
            end < len(lines)
            and lines[end].text.strip()
            and not (end > start and _BEGINS.compiled.match(lines[end].text))
        ):
            continue
        widths[start:end] = [_cut_width(lines[start:end])] * (end - start)
        start = end if end < len(lines) and lines[end].text.strip() else end + 1
    return widths


def _cut_width(run: list[_Line]) -> int:
    box = run[0].width if run else 0
    width = box or max((len(line.text) for line in run), default=0)
    fewest, share = (_FEWEST_IN_BOX, _MOST_IN_BOX) if box else (_FEWEST, _MOST)
    if len(run) < fewest or width < _NARROWEST:
        return 0
    full = sum({width: 1.0, width - 1: _PERHAPS}.get(len(line.text), 0.0) for line in run[:-1])
    return width if full >= share * (len(run) - 1) else 0


def _lines_of_word(before: str, ahead: list[str], vocabulary: Callable[[], frozenset[str]]) -> int:
    """Return how many of the lines ahead go on with the word at the end of the line before; 0 for none."""
    last = _end_of(before, _FIRST)
    if not last:
        return 0
    middle = ""
    for count, line in enumerate(map(str.strip, ahead), start=1):
        first = _FIRST.compiled.match(line)
        if first is None:
            return 0
        if _is_one(last + middle, first[0], vocabulary):
            return count
        if first.end() != len(line) or len(line) > _LONGEST_PART:
            return 0
        middle += line
    return 0


def _end_of(text: str, shape: Pattern) -> str:
    """Return what of a shape stands at the end of a text: read backwards, so that a long line is no more work."""
    found = shape.compiled.match(text[: -_LONGEST_END - 1 : -1])
    return found[0][::-1] if found else ""


def _is_one(before: str, after: str, vocabulary: Callable[[], frozenset[str]]) -> bool:
    """Whether two parts make one word that is known, and are not two words that are known side by side."""
    before, after = before.lower(), after.lower()
    last, first = _end_of(before, _FIRST_WORD), _FIRST_WORD.compiled.match(after)
    if last and first is not None:
        known = vocabulary()
        if last + first[0] in known:
            return f"{last} {first[0]}" not in known
    return _is_host(before, after)


def _is_host(before: str, after: str) -> bool:
    """Whether only both parts together name a host that is known."""
    if "." not in before + after:
        return False
    whole = _HOST.compiled.search(before + after)
    if whole is None or not (whole.start() < len(before) < whole.end()) or not owner(whole[0])[0]:
        return False
    alone = _HOST.compiled.search(before)
    return alone is None or not owner(alone[0])[0]


@cache
def words_of(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the words of texts, and the pairs of words that stand side by side in one."""
    found: set[str] = set()
    for text in texts:
        words = _WORD.compiled.findall(text)
        found.update(words)
        found.update(f"{one} {other}" for one, other in pairwise(words))
    return frozenset(found | host_labels())
