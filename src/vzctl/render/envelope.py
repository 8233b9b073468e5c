"""The machine contract: exactly one JSON document, on success and on failure; for a batch one line an item, then a total."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from vzctl.command import Command, NextStep
from vzctl.errors import VzctlError
from vzctl.secret import Secret
from vzctl.usecases.outcome import AnyOutcome, Fault

SCHEMA: Final = "vzctl/1"


@dataclass(frozen=True, slots=True)
class BatchTotal:
    """The last line of a batch: how its items ended, and the exit code of the whole."""

    total: int
    ok: int
    waiting: int
    failed: int
    not_started: int
    exit_code: int


def documents(outcome: AnyOutcome, command: str) -> Iterator[dict[str, Any]]:
    """Yield what is printed, a line each: one document, or for a batch one an item and the total after them."""
    items = getattr(outcome.data, "items", None)
    if items is None:
        yield success(outcome, command)
        return
    for item in items:
        yield _item(item, command)
    yield _total(outcome, items, command)


def success(outcome: AnyOutcome, command: str) -> dict[str, Any]:
    """Return the envelope of an outcome; `ok` is True also when the exit status tells that somebody has to act."""
    return {
        **_head(ok=True, code=outcome.status.name, command=command, changed=outcome.changed),
        "data": to_json(outcome.data),
        **_tail(outcome),
    }


def failure(error: VzctlError, command: str) -> dict[str, Any]:
    """Return the envelope of a failure."""
    return {
        **_head(ok=False, code=error.code, command=command, changed=error.changed),
        "message": error.message,
        "error": _error(Fault.of(error)),
        "data": None,
        "warnings": [],
        "nextSteps": _steps(error.next_steps),
    }


def dump(document: dict[str, Any]) -> str:
    """Return the document as one line of JSON; what could move a cursor or turn the text around is escaped."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in text)


def to_json(value: Any) -> Any:
    """Return plain JSON data: dataclasses as objects, times as ISO 8601 UTC. A secret is refused."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, Command):
        return str(value)
    if isinstance(value, Secret):
        raise TypeError("a secret never becomes JSON")
    return {name: to_json(getattr(value, name)) for name in field_names(type(value))}


_FIELD_NAMES: Final[dict[type[Any], tuple[str, ...]]] = {}


def field_names(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of a dataclass's fields; remembered, since long lists ask for every row."""
    names = _FIELD_NAMES.get(kind)
    if names is None:
        names = _FIELD_NAMES[kind] = tuple(field.name for field in dataclasses.fields(kind))
    return names


def _item(item: Any, command: str) -> dict[str, Any]:
    """Return the line of one item; its warnings and next steps are with the total."""
    fault: Fault | None = item.fault
    failed = {} if fault is None else {"message": item.message, "error": _error(fault)}
    return {
        **_head(ok=fault is None, code=item.code, command=command, changed=item.changed),
        **failed,
        "data": to_json(item),
        "warnings": [],
        "nextSteps": [],
    }


def _total(outcome: AnyOutcome, items: Sequence[Any], command: str) -> dict[str, Any]:
    """Return the last line: a failure when any item failed, with what its first failure says."""
    faults = [item.fault for item in items if item.fault is not None]
    not_started = sum(item.code == "NOT_STARTED" for item in items)
    done = sum(item.fault is None and item.exit_code == 0 for item in items)
    total = BatchTotal(
        total=len(items),
        ok=done,
        waiting=len(items) - done - len(faults),
        failed=len(faults) - not_started,
        not_started=not_started,
        exit_code=int(outcome.status),
    )
    failed = {"message": outcome.summary[-1], "error": _error(faults[0])} if faults else {}
    return {
        **_head(ok=not faults, code=outcome.status.name, command=command, changed=outcome.changed),
        **failed,
        "data": to_json(total),
        **_tail(outcome),
    }


def _head(*, ok: bool, code: str, command: str, changed: bool) -> dict[str, Any]:
    return {"schema": SCHEMA, "ok": ok, "code": code, "command": command, "changed": changed}


def _tail(outcome: AnyOutcome) -> dict[str, Any]:
    return {"warnings": [to_json(item) for item in outcome.warnings], "nextSteps": _steps(outcome.next_steps)}


def _error(fault: Fault) -> dict[str, Any]:
    return {
        "side": fault.side,
        "retryable": fault.retryable,
        "http_status": fault.http_status,
        "upstream_code": fault.upstream_code,
        "evidence": list(fault.evidence),
    }


def _steps(steps: Sequence[NextStep]) -> list[dict[str, str]]:
    return [{"command": str(step.command), "comment": step.comment} for step in steps]
