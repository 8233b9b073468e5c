"""Stack traces: what was raised is kept, frames and the source lines between them are left out.

A source line names whatever the program calls (`input_type`, `rate_limit`), so that only the text of an exception and of
what it wraps may decide. Which client library a frame is in is kept: it says who was called when nothing else does.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vzctl.domain.diagnosis.layout import BREAKS
from vzctl.domain.diagnosis.log import bare_line
from vzctl.domain.pattern import Pattern

_PYTHON_FRAME: Final = Pattern(
    r"^[ \t|+-]{0,60}File [\"']([^\"'\n]{1,400})[\"'], line \d{1,7}(?:, in [^\s:]{1,200})?\s{0,9}$"
)
_PYTHON_FRAME_IN_LINE: Final = Pattern(r"File [\"']([^\"'\n]{1,400})[\"'], line \d{1,7}(?:, in [\w.<>]{1,200})?(:?)")
_RAISED: Final = Pattern(
    r"(?<![\w.])(?:(?:[A-Za-z_]\w{0,80}\.){0,8}[A-Za-z_]\w{0,120}(?:Error|Exception|Timeout|Failure|Warning|Exit|Interrupt|Invalid|Denied|"
    r"TimedOut|Unavailable|Unauthorized)\b ?(?::|$)|(?:[a-z_]\w{0,40}\.){1,6}[A-Za-z]\w{2,80}: )"
)
"""A line that names an exception and what it says."""
_MARKERS: Final = Pattern(r"^[\s|]{0,60}[\^~][\s\^~]{0,400}$")
_CALL_FRAME: Final = Pattern(
    r"^[\s|]{0,60}at (?:async |new |static )?(?:"
    r"[\w.$<>/@\[\]`+*|,~-]{1,300}\([^()\n]{0,300}\)|"
    r"[^()\n]{0,200}\((?:[^()\n]{1,300}:\d{1,7}(?::\d{1,7})?|<anonymous>|native|index \d{1,6})\)|"
    r"(?:file:|node:|https?:|webpack|/|\./|[A-Za-z]:\\)[^\s()]{1,300}:\d{1,7}(?::\d{1,7})?|"
    r"<anonymous>)(?: in [^\n]{1,300}:line \d{1,7}| ~?\[[^\]\n]{1,200}\])?(?=[\s,;}\])\"']|$)"
)
_CALL_FRAME_IN_LINE: Final = Pattern(
    r"(?:^|(?<=\s))at (?:async |new )?(?:[\w$<>/@]{1,80}(?:\.[\w$<>/@]{1,80}){1,12}\([\w.$ ]{1,100}(?::\d{1,7})?\)|"
    r"[\w.$<>\[\] ]{1,120} \([^()\s]{1,300}:\d{1,7}(?::\d{1,7})?\)|"
    r"(?:file:|node:|/|[A-Za-z]:\\)[^\s()]{1,300}:\d{1,7}:\d{1,7})"
)
_OTHER_FRAME: Final = Pattern(
    r"^\s{0,40}(?:\.\.\. \d{1,6} (?:more|common frames omitted)|\[Previous line repeated|goroutine \d{1,9} \[|"
    r"[^\s()]{1,300}\.go:\d{1,7}(?: \+0x[0-9a-f]{1,16})?[\"'}\])]{0,9}$|"
    r"from [^\s]{1,300}:\d{1,7}:in |#\d{1,4} [^\n]{0,300}\.php\(\d|"
    r"--- End of (?:stack trace|inner exception)|\d{1,4}: (?:0x[0-9a-f]{1,16} - )?[\w<>]{1,80}::)"
)
_GO_CALL: Final = Pattern(r"^(?:[^\s(]{1,200}\([^\n]{0,300}|created by )")
_TEST_SAID: Final = Pattern(r"^E {2,8}\S")
_TEST_SOURCE: Final = Pattern(r"^(?:> {1,8}| {4,40})\S")
_GUTTER: Final = Pattern(r"^[ \t]{0,60}[|] ")
"""What Python puts before every line of a traceback in an exception group."""
_SOURCE_NUMBER: Final = Pattern(r"^\s{0,8}(?:❱|>|->|-->)?\s{0,8}\d{1,6}\s{0,4}[│┃|]")
"""A line of source with its number, as pretty printers of tracebacks show it."""
_SOURCE: Final = Pattern(
    r"^\s{0,60}(?:(?://|/\*)(?:\s|[^/\w\s])|\*/|"
    r"throw (?:new )?[A-Za-z_$][\w.$]{0,120}\s{0,4}(?:[(;{]|$)|"
    r"raise [A-Za-z_][\w.]{0,120}(?:\(| from [A-Za-z_]|\s{0,4}(?:#|$))|"
    r"(?:\} {0,4})?(?:else )?(?:if|catch|while|switch) {0,4}\([^\n]{0,400}\) {0,4}(?:\{|throw\b|return\b|raise\b|$)|"
    r"except\b[^:\n]{0,200}:\s{0,4}(?:#|$)|(?:if|elif|while|assert) [^\n]{1,300}:\s{0,4}(?:#|$)|"
    r"(?:const|let|var) [\w${},\s]{1,120} = |return (?:new |await )?[\w.$]{1,120}\([^\n]{0,300}\);?\s{0,4}$)"
)
"""A comment, or a statement that throws, catches or compares: a line of a program, which somebody pasted beside the error."""


class Trace(NamedTuple):
    """A text without the frames in it, and the places that the frames name: the innermost call first."""

    said: str
    places: tuple[str, ...]


def without_frames(text: str) -> Trace:
    """Return what a text says outside of stack frames. Lines keep their breaks."""
    if not _may_have_frames(text):
        return Trace(text, ())
    parts = BREAKS.compiled.split(text)
    lines, breaks = parts[::2], [*parts[1::2], ""]
    kept, python, others = [True] * len(lines), [], []
    rests = [bare_line(line) for line in lines]
    is_test_report = any(_TEST_SAID.compiled.match(line) for line in rests)
    number = 0
    while number < len(rests):
        rest = rests[number]
        frame = _PYTHON_FRAME.compiled.match(rest)
        if frame:
            python.append(frame[1])
            end = _end_of_source(rests, number)
            kept[number:end] = [False] * (end - number)
            number = end
            continue
        if _CALL_FRAME.compiled.match(rest):
            lines[number], dropped = _in_line(lines[number])
            others += dropped or [rest.strip()]
            kept[number] = bool(dropped) and _says_more(lines[number])
        elif any(shape.compiled.match(rest) for shape in (_OTHER_FRAME, _SOURCE_NUMBER, _SOURCE)):
            kept[number] = False
            if ".go:" in rest and number and _GO_CALL.compiled.match(rests[number - 1]):
                kept[number - 1] = False
        elif _MARKERS.compiled.match(rest) and number:
            kept[number] = kept[number - 1] = False
        elif is_test_report and _TEST_SOURCE.compiled.match(rest):
            kept[number] = False
        else:
            lines[number], places = _in_line(lines[number])
            others += places
            lines[number], places = _python_in_line(lines[number])
            python += places
        number += 1
    kept = kept if _any_says_more(lines, kept) else [_SOURCE.compiled.match(rest) is not None for rest in rests]
    said = "".join(line + end for line, end, stays in zip(lines, breaks, kept, strict=True) if stays)
    return Trace(said, (*reversed(python), *others))


def _may_have_frames(text: str) -> bool:
    return (
        "line " in text
        or "at " in text
        or ".go:" in text
        or "^" in text
        or "from /" in text
        or "│" in text
        or _has_source(text)
    )


def _any_says_more(lines: list[str], kept: list[bool]) -> bool:
    return any(stays and _says_more(line) for line, stays in zip(lines, kept, strict=True))


def _has_source(text: str) -> bool:
    return any(mark in text for mark in ("//", "/*", "throw ", "raise ", "catch", "except", "if ", "const ", "return "))


def _end_of_source(rests: list[str], number: int) -> int:
    """Return where the source lines under a frame of Python end."""
    indent = _indent(rests[number])
    end = number + 1
    while end < len(rests) and rests[end].strip() and _indent(rests[end]) > indent:
        end += 1
    is_flat = end == number + 1 and end < len(rests) and _indent(rests[end]) == indent
    if is_flat and rests[end].strip() and not _is_said(rests[end]):
        return end + 1  # whoever wrote the log has taken the indentation away
    return end


def _is_said(line: str) -> bool:
    """Whether a line under a frame is no source: another frame, or the exception."""
    line = line.strip(" \t|+-")
    return line.startswith(("File ", "Traceback ", "[Previous")) or _RAISED.compiled.match(line) is not None


def _in_line(line: str) -> tuple[str, list[str]]:
    """Take frames of Java and of scripts out of a line that has other words too."""
    if "at " not in line:
        return line, []
    found = [match[0] for match in _CALL_FRAME_IN_LINE.compiled.finditer(line)]
    return (_CALL_FRAME_IN_LINE.compiled.sub("", line), found) if found else (line, [])


def _says_more(line: str) -> bool:
    return any(character.isalnum() for character in line)


def _python_in_line(line: str) -> tuple[str, list[str]]:
    """Take frames of Python and their source out of a line on which a whole traceback stands."""
    frames = list(_PYTHON_FRAME_IN_LINE.compiled.finditer(line))
    if not frames:
        return line, []
    kept = [line[: frames[0].start()]]
    for number, frame in enumerate(frames):
        end = frames[number + 1].start() if number + 1 < len(frames) else len(line)
        raised = None if frame[2] else _RAISED.compiled.search(line, frame.end(), end)
        if raised is not None:
            kept.append(line[raised.start() : end])
        elif frame[2] or number + 1 == len(frames):
            kept.append(line[frame.end() : end])
    return " ".join(kept), [frame[1] for frame in frames]


def _indent(line: str) -> int:
    gutter = _GUTTER.compiled.match(line)
    rest = line[gutter.end() :] if gutter else line
    return len(line) - len(rest.lstrip())
