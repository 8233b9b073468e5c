"""JSON: one line, nothing in it that moves a cursor, and never a secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from vzctl.command import Command, NextStep, suggest
from vzctl.errors import ConflictError
from vzctl.render import envelope
from vzctl.secret import Secret
from vzctl.usecases.outcome import Notice, Outcome


@dataclass(frozen=True)
class Data:
    text: str
    items: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Holder:
    secret: Secret


@pytest.mark.parametrize(
    "text", ["\x00\x1b[2J\x7f", "\x9b31m", "\u202e", "\u2028\u2029", "\ud800", "🔑 für 検索", "\U000e0001"]
)
def test_every_text_survives_and_no_cursor_is_moved(text: str) -> None:
    document = envelope.success(Outcome(data=Data(text)), "status")
    line = envelope.dump(document)
    assert line.isprintable()
    assert json.loads(line)["data"]["text"] == text


def test_a_secret_never_becomes_json() -> None:
    with pytest.raises(TypeError, match="a secret never becomes JSON"):
        envelope.success(Outcome(data=Holder(Secret("sk-1"))), "secrets.reveal")


def test_a_success_tells_warnings_and_next_steps() -> None:
    outcome = Outcome(
        data=None,
        changed=True,
        warnings=(Notice("CODE", "look", "subject"),),
        next_steps=(suggest("status", comment="look at it"),),
    )
    assert envelope.success(outcome, "scope.add") == {
        "schema": "vzctl/1",
        "ok": True,
        "code": "OK",
        "command": "scope.add",
        "changed": True,
        "data": None,
        "warnings": [{"code": "CODE", "message": "look", "subject": "subject"}],
        "nextSteps": [{"command": "vzctl status", "comment": "look at it"}],
    }


def test_a_failure_tells_whose_side_and_whether_to_try_again() -> None:
    error = ConflictError(
        "no",
        code="SOME_CODE",
        side="astra",
        retryable=True,
        evidence=("seen",),
        next_steps=(NextStep(Command("a"), "b"),),
        changed=True,
    )
    assert envelope.failure(error, "scope.add") == {
        "schema": "vzctl/1",
        "ok": False,
        "code": "SOME_CODE",
        "command": "scope.add",
        "changed": True,
        "message": "no",
        "error": {
            "side": "astra",
            "retryable": True,
            "http_status": None,
            "upstream_code": None,
            "evidence": ["seen"],
        },
        "data": None,
        "warnings": [],
        "nextSteps": [{"command": "vzctl a", "comment": "b"}],
    }
