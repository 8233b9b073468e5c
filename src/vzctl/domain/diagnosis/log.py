"""A log that grows, line by line, put together into records: a stack trace is one, and so is a line of JSON.

Nothing is kept but the record that is being read, and of that only its two ends: memory stays flat over any log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from vzctl.domain.pattern import Pattern

LONGEST_RECORD: Final = 64 * 1024
"""More characters of one record are not kept; of a longer one its beginning and its end are."""
MOST_LINES: Final = 400
"""A record of more lines is taken for several."""

_KUBERNETES: Final = Pattern(r"\[pod/[^\]\s]{1,200}\] ?|[\w.-]{1,64} {0,24}\| ")
_STAMP: Final = Pattern(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d) (?:(?:stdout|stderr) [FP] )?"
)
_BEGINNING: Final = Pattern(
    r"[^\w\n]{0,6}(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d{4}/\d\d/\d\d \d\d:\d\d|\d{1,2}[/.-]\w{2,3}[/.-]\d{2,4}[ :T]\d\d:\d\d|"
    r"\d\d:\d\d:\d\d|[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d|[IWEF]\d{4} \d\d:\d\d|"
    r"(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)\b|(?:time|ts|timestamp|level|lvl)=\S)"
)
_GOING_ON: Final = Pattern(
    r"\s|Caused by: |Suppressed: |\.\.\. \d{1,6} more|at [\w.$<]|During handling of the above|The above exception was|"
    r"Traceback \(most recent|[}\])]{1,9}[,;]?\s{0,9}\Z|\Z"
)
_FIRST_OF_GOING_ON: Final = frozenset(" \t\x0b\x0cCS.aDT}])")
"""What `_GOING_ON` may begin with: most lines need not be tried."""
_TRACEBACK: Final = "Traceback (most recent"
_WRAPPED: Final = ("log", "textPayload")
"""Fields in which a container's runtime keeps one line of what the program wrote."""
_TOLD: Final = (
    "message", "msg", "@message", "event", "text", "error", "err", "error_message", "errorMessage", "exception", "exc_info",
    "exception_message", "exc", "stack", "stack_trace", "stacktrace", "stackTrace", "cause", "reason", "detail", "details",
    "response", "body", "errors", "status", "status_code", "statusCode", "http_status", "code", "error_code", "errorCode",
    "url", "uri", "host", "provider", "jsonPayload",
)  # fmt: skip
"""Fields that say what happened; the rest is about the program that writes the log."""


_LEVELS: Final = ("level", "severity", "levelname", "lvl", "log.level")
_LOUD_LEVELS: Final = frozenset({"error", "fatal", "critical", "severe", "alert", "emergency", "err", "crit"})
_QUIET_LEVELS: Final = frozenset({"info", "information", "debug", "trace", "verbose"})
_BEFORE_LEVEL: Final = (
    r"[^\w\n]{0,6}(?:(?>[\d:.,/TZ+-]{2,32})[^\w\n]{1,6}){0,3}"
    r"(?:\[[^\]\n]{1,60}\] {0,3}|[\w.$-]{1,60} - ){0,2}[^\w\n]{0,4}"
)
_LEADING_LEVEL: Final = Pattern(
    _BEFORE_LEVEL + r"(?:(?:INFO|DEBUG|TRACE)\b|(?:info|debug|trace)[\]:|])|[ID]\d{4} \d\d:\d\d"
)
_LEADING_WARNING: Final = Pattern(
    _BEFORE_LEVEL + r"(?:(?:WARN|WARNING)\b|(?:warn|warning|error)[\]|])|[WEF]\d{4} \d\d:\d\d"
)
_LOGFMT: Final = Pattern(r"(?:time|ts|timestamp|level|lvl)=\S")
_LOGFMT_LEVEL: Final = Pattern(r"\b(?:level|lvl|severity)=[\"']?(\w{1,12})")
_LOUD: Final = Pattern(
    r"\b(?:ERROR|FATAL|CRITICAL|SEVERE)\b|[A-Za-z](?:Error|Exception)\b ?[:(\[]|Traceback \(|(?i:\berror_?code\b)"
)


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of a log, and the number of its first line. `calls_itself_error`: its level or its form says so."""

    line: int
    text: str
    calls_itself_error: bool = False
    is_quiet: bool = False
    """Its level is known to be one on which no error is told."""


class Records:
    """Puts lines together. `feed` and `flush` yield the records that are complete."""

    def __init__(self) -> None:
        self._number = 0
        self._first = 0
        self._lines: list[str] = []
        self._taken = 0
        self._size = 0
        self._is_dated = False
        self._in_traceback = False

    @property
    def line_count(self) -> int:
        """How many lines were read."""
        return self._number

    def feed(self, line: str) -> Iterator[Record]:
        """Take one line without its end."""
        self._number += 1
        line = without_prefix(line)
        fields = _fields(line)
        wrapped = next((fields[name] for name in _WRAPPED if isinstance(fields.get(name), str)), None)
        if not fields:
            yield from self._take(line, is_wrapped=False)
        elif wrapped is not None:
            for part in wrapped.rstrip("\n").splitlines() or [""]:
                yield from self._take(part, is_wrapped=True)
        else:
            yield from self.flush()
            text = "\n".join(part for name in _TOLD if name in fields for part in _told(name, fields[name])) or line
            yield Record(self._number, text, _is_loud(text) or _has_loud_level(fields), _has_quiet_level(fields))

    def flush(self) -> Iterator[Record]:
        """Yield what is there, complete or not: the log has ended, or nothing came for a while."""
        lines, first = self._lines, self._first
        # First of all: whoever is interrupted while a record is judged asks for the rest, and not for this one again.
        self._lines, self._size, self._taken = [], 0, 0
        self._is_dated = self._in_traceback = False
        if not lines:
            return
        text, is_quiet = "\n".join(lines), _is_quiet(lines[0])
        if is_quiet and len(lines) > 1 and _is_louder(rest := "\n".join(lines[1:])):
            # an interpreter that dies writes its trace without a time, under whatever was logged last; and what was
            # collected on the way may be told under a line of its own
            text, first, is_quiet = rest, first + 1, False
        if not text.isspace() and text:
            yield Record(first, text, _is_loud(text), is_quiet)

    def _take(self, line: str, *, is_wrapped: bool) -> Iterator[Record]:
        stamp = _STAMP.compiled.match(line) if line[:1].isdigit() else None
        rest = line[stamp.end() :] if stamp else line
        begins = _BEGINNING.compiled.match(line) is not None
        goes_on = self._goes_on(rest, begins=begins, is_stamped=stamp is not None, is_wrapped=is_wrapped)
        if not self._lines or not goes_on or self._taken >= MOST_LINES:
            yield from self.flush()
            self._first = self._number
            self._is_dated = begins
        elif stamp:
            line = rest
        if _TRACEBACK in rest:
            self._in_traceback = True
        elif self._in_traceback and rest[:1].strip():
            self._in_traceback = False  # the line that names the exception ends it
        self._append(line)

    def _goes_on(self, rest: str, *, begins: bool, is_stamped: bool, is_wrapped: bool) -> bool:
        """Whether the line belongs to the record before it."""
        if (not rest or rest[0] in _FIRST_OF_GOING_ON) and _GOING_ON.compiled.match(rest):
            return True
        if self._in_traceback and (is_stamped or not begins):
            return True
        return self._is_dated and not begins and not is_wrapped

    def _append(self, line: str) -> None:
        self._lines.append(line)
        self._taken += 1
        self._size += len(line) + 1
        while self._size > LONGEST_RECORD and len(self._lines) > 2:
            # the beginning says what it is, the end what caused it
            self._size -= len(self._lines.pop(len(self._lines) // 2)) + 1
        if self._size > LONGEST_RECORD:
            half = LONGEST_RECORD // (2 * len(self._lines))
            self._lines = [each if len(each) <= 2 * half else f"{each[:half]} {each[-half:]}" for each in self._lines]
            self._size = sum(len(each) + 1 for each in self._lines)


def _is_loud(text: str) -> bool:
    return _LOUD.compiled.search(text) is not None


def gives_no_error(record: str) -> bool:
    """Whether an entry of a log is on a level without errors, and nothing under its first line is one."""
    first, _, rest = record.partition("\n")
    return _is_quiet(first) and not _is_louder(rest)


def _is_louder(rest: str) -> bool:
    """Whether a line under the first one of a record is on a level with errors, or is an error by its form."""
    return _is_loud(rest) or any(_is_warning(line.strip()) for line in rest.split("\n"))


def _is_warning(line: str) -> bool:
    if _LOGFMT.compiled.match(line):
        level = _LOGFMT_LEVEL.compiled.search(line)
        return level is not None and level[1].lower() in _LOUD_LEVELS | {"warn", "warning"}
    return _LEADING_WARNING.compiled.match(line) is not None


def _is_quiet(line: str) -> bool:
    """Whether the first line of a record says that it is on a level without errors."""
    stamp = _STAMP.compiled.match(line) if line[:1].isdigit() else None
    if _LOGFMT.compiled.match(rest := line[stamp.end() :] if stamp else line):
        level = _LOGFMT_LEVEL.compiled.search(rest)
        return level is not None and level[1].lower() in _QUIET_LEVELS
    return _LEADING_LEVEL.compiled.match(line) is not None


def without_prefix(line: str) -> str:
    """Take away what `kubectl logs --prefix` and `docker compose logs` put before each line."""
    found = _KUBERNETES.compiled.match(line) if line.startswith("[pod/") or "| " in line[:90] else None
    return line[found.end() :] if found else line


def bare_line(line: str) -> str:
    """Return a line without what a container's runtime puts before it: its source and its time."""
    line = without_prefix(line)
    stamp = _STAMP.compiled.match(line) if line[:1].isdigit() else None
    return line[stamp.end() :] if stamp else line


def _fields(line: str) -> dict[str, Any]:
    """Return the fields of a line of JSON, with a container's time before it or not; none for any other line."""
    if not line.startswith("{"):
        stamp = _STAMP.compiled.match(line) if line[:1].isdigit() else None
        if stamp is None or not line.startswith("{", stamp.end()):
            return {}
        line = line[stamp.end() :]
    try:
        found: dict[str, Any] = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found


def _has_loud_level(fields: dict[str, Any]) -> bool:
    return any(isinstance(level := fields.get(name), str) and level.lower() in _LOUD_LEVELS for name in _LEVELS)


def _has_quiet_level(fields: dict[str, Any]) -> bool:
    level = next((fields[name] for name in _LEVELS if name in fields), None)
    return isinstance(level, str) and level.lower() in _QUIET_LEVELS


def _told(name: str, value: Any) -> Iterator[str]:
    if value is None or value == "":
        return
    if isinstance(value, str):
        yield value if len(value) > 40 or " " in value else f"{name}: {value}"
        return
    try:
        yield f"{name}: {json.dumps(value, ensure_ascii=False)}"
    except RecursionError:
        return
