"""Whose fault an error is: of one text, of a text a line, of a log that grows. Needs no state, and says more with one."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from vzctl.command import NextStep, suggest, suggest_program
from vzctl.domain.diagnosis.advice import Advised, advised_without_state
from vzctl.domain.diagnosis.engine import UNDECIDED, judge
from vzctl.domain.diagnosis.log import Record, Records
from vzctl.domain.diagnosis.payload import Kind, Payload, may_tell_an_error, read
from vzctl.domain.diagnosis.state_context import StateContext
from vzctl.errors import STATUS_OF_SIDE, ExitStatus, NotFoundError, StateError, UsageError, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.diagnosis.result import Diagnosis, diagnosis
from vzctl.usecases.outcome import Notice, Outcome

if TYPE_CHECKING:
    from vzctl.domain.diagnosis.self_hosted import OldKeyUser
    from vzctl.domain.state.records import Database, Rotation
    from vzctl.domain.state.state import State

REMEMBERED: Final = 500
"""So many different errors of a log are counted; of more, the one that was not seen for longest is told and forgotten."""
_BEGINNING: Final = 16
_NO_TEXT: Final = {
    "empty": (
        "there is no text to diagnose",
        "PAYLOAD_EMPTY",
        suggest("diagnose", "FILE", comment="or pipe the error in"),
    ),
    "gzip": (
        "this is a gzip file, not text",
        "PAYLOAD_NOT_TEXT",
        suggest_program("gunzip", "--keep", "FILE", comment="unpack it, and diagnose what it holds"),
    ),
    "binary": (
        "this is not text",
        "PAYLOAD_NOT_TEXT",
        suggest("diagnose", "FILE", comment="a file with the error's text"),
    ),
}


@dataclass(frozen=True, slots=True)
class Diagnose:
    """What holds for every text: the database when the text names none, and whether the side becomes the exit status."""

    database: str | None = None
    exit_code: bool = False
    source: str | None = None
    """The file that the text is from, as the user names it; None for standard input."""


L = TypeVar("L", bound=bytes | None)
Emit = Callable[[Diagnosis], None]


class _Judge:
    """The rules, and the state as far as there is one that can be read."""

    def __init__(self, context: Context, request: Diagnose) -> None:
        self.warnings: tuple[Notice, ...] = ()
        self._state_context: StateContext | None = None
        self._hint: Database | None = None
        try:
            state = context.state_store.read()
        except NotFoundError as error:
            self._without_state(error, request)
            return
        except StateError as error:
            self.warnings = (Notice("STATE_NOT_USED", f"the state says nothing here: {error.message}"),)
            return
        if request.database is not None:
            from vzctl.domain.state.address import find_database

            self._hint = find_database(state, request.database)
        self._state_context = StateContext(
            state, context.now(), lambda rotation: _users_of_old_key(context, state, rotation)
        )

    def _without_state(self, error: VzctlError, request: Diagnose) -> None:
        if request.database is not None:
            self.warnings = (Notice("STATE_NOT_USED", f"--database says nothing without a state: {error.message}"),)

    def warn(self, context: Context) -> None:
        """Say at once what a stream, which may never end, could only say at its end."""
        for notice in self.warnings:
            context.tell(f"warning: {notice.message}")

    def errors(self, payload: Payload) -> list[Advised]:
        """Return every error in the payload, with what to do."""
        verdicts = judge(payload)
        if self._state_context is None:
            return [advised_without_state(verdict) for verdict in verdicts]
        clues = self._state_context.clues(payload.whole.text, self._hint)
        return [self._state_context.enrich(verdict, clues) for verdict in verdicts]


def diagnose_text(context: Context, request: Diagnose, raw: bytes, truncated: bool = False) -> Outcome[Diagnosis]:
    """Return the errors in one text; raise `UsageError` for what is none. `truncated`: its middle was left out before."""
    payload = read(raw)
    if payload.kind != "text":
        raise _no_text(payload.kind)
    judged = _Judge(context, request)
    truncated = truncated or payload.truncated
    found = diagnosis(judged.errors(payload), truncated=truncated)
    cut = Notice(
        "PAYLOAD_CUT", "only the first and the last 512 KiB were read; --follow reads a log whole, line by line"
    )
    return Outcome(
        data=found,
        warnings=(*judged.warnings, *((cut,) if truncated else ())),
        next_steps=(*((_whole(request),) if truncated else ()), *found.nextSteps),
        status=STATUS_OF_SIDE[found.side] if request.exit_code else ExitStatus.OK,
    )


def _whole(request: Diagnose) -> NextStep:
    """Return the command that reads the middle of a long text too."""
    return suggest("diagnose", request.source or "-", follow=True, comment="read the whole text, also its middle")


def diagnose_lines(context: Context, request: Diagnose, lines: Iterable[bytes], emit: Emit) -> Outcome[None]:
    """Judge a text a line, or `{"id", "payload"}` a line; `emit` gets one verdict a line, in their order."""
    judged = _Judge(context, request)
    judged.warn(context)
    sides: set[str] = set()
    for line in _text_only(lines):
        identity, text = _parsed(line)
        payload = read(text)
        found = diagnosis(judged.errors(payload), truncated=payload.truncated, identity=identity)
        sides.add(found.side)
        emit(found)
    return Outcome(data=None, status=_status(request, sides))


def follow_log(
    context: Context, request: Diagnose, lines: Iterable[bytes | None], emit: Emit, *, dedupe: bool = False
) -> Outcome[None]:
    """Judge the errors of a log as they come. None among the lines says that nothing came for a while."""
    judged = _Judge(context, request)
    judged.warn(context)
    tally = _Tally(emit, counts=dedupe)
    records = Records()
    try:
        for line in _text_only(lines):
            complete = records.flush() if line is None else records.feed(line.decode("utf-8", "replace"))
            for record in complete:
                _judge_record(judged, record, tally)
        for record in records.flush():
            _judge_record(judged, record, tally)
    except KeyboardInterrupt:
        # this is how a person ends a log that grows: what was read until then counts
        for record in records.flush():
            _judge_record(judged, record, tally)
        tally.end()
        context.tell(tally.summary(records.line_count))
        raise
    finally:
        tally.end()
    return Outcome(data=None, summary=(tally.summary(records.line_count),), status=_status(request, tally.sides))


class _Tally:
    """Passes errors on; with `counts`, the same one only at its 1st, 10th, 100th … time, and at the end how often it came."""

    def __init__(self, emit: Emit, *, counts: bool) -> None:
        self._emit = emit
        self._counts = counts
        self._seen: OrderedDict[tuple[str | None, ...], tuple[Diagnosis, int]] = OrderedDict()
        self._totals: dict[str, int] = {}

    @property
    def sides(self) -> set[str]:
        """The sides that errors were on."""
        return set(self._totals)

    def add(self, found: Diagnosis) -> None:
        """Take one error."""
        self._totals[found.side] = self._totals.get(found.side, 0) + found.count
        if not self._counts:
            self._emit(found)
            return
        key = (found.side, found.cause, found.provider, found.code)
        before, told = self._seen.pop(key, (None, 0))
        latest = found if before is None else replace(found, count=before.count + found.count)
        is_due = told == 0 or latest.count >= 10 * told
        self._seen[key] = (latest, latest.count if is_due else told)
        if is_due:
            self._emit(latest)
        if len(self._seen) > REMEMBERED:
            self._tell(*self._seen.popitem(last=False)[1])

    def end(self) -> None:
        """Tell the counts that rose since they were last told."""
        while self._seen:
            self._tell(*self._seen.popitem(last=False)[1])

    def summary(self, lines: int) -> str:
        """Return one sentence about the whole log."""
        parts = ", ".join(f"{number} {side}" for side, number in sorted(self._totals.items()))
        return f"{lines} lines read; errors: {parts or 'none'}"

    def _tell(self, latest: Diagnosis, told: int) -> None:
        if latest.count > told:
            self._emit(latest)


def _judge_record(judged: _Judge, record: Record, tally: _Tally) -> None:
    for found in _in_record(judged, record):
        tally.add(found)


def _in_record(judged: _Judge, record: Record) -> Iterator[Diagnosis]:
    """Yield the errors of a record; one that nothing decides only when the record calls itself an error."""
    if record.is_quiet or not may_tell_an_error(record.text):
        return
    payload = read(record.text)
    if payload.kind != "text":
        return
    for found in judged.errors(payload):
        if found.verdict.cause != UNDECIDED or record.calls_itself_error:
            yield diagnosis([found], truncated=payload.truncated, line=record.line)


def _users_of_old_key(context: Context, state: State, rotation: Rotation) -> tuple[OldKeyUser, ...]:
    """Return whose Data API may have kept the key that a rotation replaced: asked for only when a key was refused."""
    from vzctl.usecases.keys.exposure import old_key_users

    return old_key_users(context, state, rotation)


def _no_text(kind: Kind) -> UsageError:
    message, code, step = _NO_TEXT[kind]
    return UsageError(message, code=code, next_steps=(step,), side="unknown")


def _text_only(lines: Iterable[L]) -> Iterator[L]:
    """Pass lines on, unless the first one begins a gzip file."""
    for number, line in enumerate(lines):
        if number == 0 and line is not None and read(line[:_BEGINNING]).kind == "gzip":
            raise _no_text("gzip")
        yield line


def _parsed(line: bytes) -> tuple[str | int | None, str | bytes]:
    """Return the id and the text of a line."""
    if not line.lstrip().startswith(b"{"):
        return None, line
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None, line
    if not isinstance(found, dict) or "payload" not in found:
        return None, line
    identity, payload = found.get("id"), found["payload"]
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        identity = None
    return identity, payload if isinstance(payload, str) else line


def _status(request: Diagnose, sides: set[str]) -> ExitStatus:
    """Return the exit status of a stream: of the side that all its errors are on."""
    if not request.exit_code or not sides:
        return ExitStatus.OK
    return STATUS_OF_SIDE[next(iter(sides))] if len(sides) == 1 else ExitStatus.UNKNOWN_SIDE
