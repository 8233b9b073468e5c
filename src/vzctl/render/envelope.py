"""The machine contract: exactly one JSON document, on success and on failure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from vzctl.errors import NextStep, VzctlError
from vzctl.secret import Secret
from vzctl.usecases.outcome import AnyOutcome

SCHEMA: Final = "vzctl/1"


def success(outcome: AnyOutcome, command: str) -> dict[str, Any]:
    """Return the envelope of an outcome; `ok` is True also when the exit status tells that somebody has to act."""
    return {
        "schema": SCHEMA,
        "ok": True,
        "code": outcome.status.name,
        "command": command,
        "changed": outcome.changed,
        "data": to_json(outcome.data),
        "warnings": [to_json(item) for item in outcome.warnings],
        "nextSteps": _steps(outcome.next_steps),
    }


def failure(error: VzctlError, command: str) -> dict[str, Any]:
    """Return the envelope of a failure."""
    return {
        "schema": SCHEMA,
        "ok": False,
        "code": error.code,
        "command": command,
        "changed": False,
        "message": error.message,
        "error": {
            "side": error.side,
            "retryable": error.retryable,
            "http_status": None,
            "upstream_code": None,
            "evidence": list(error.evidence),
        },
        "data": None,
        "warnings": [],
        "nextSteps": _steps(error.next_steps),
    }


def dump(document: dict[str, Any]) -> str:
    """Return the document as one line of JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


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


def _steps(steps: Sequence[NextStep]) -> list[dict[str, str]]:
    return [{"command": step.command, "comment": step.comment} for step in steps]
