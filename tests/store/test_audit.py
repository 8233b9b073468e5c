"""The audit: an intent before each change, its outcome after it, readable after any crash."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from vzctl.errors import StateError
from vzctl.store.audit import AuditLog
from vzctl.store.state_store import AuditEntry, Change

CHANGE = Change("scope add", ("openai-prod",), ("add shop", "and \u5bc6\u7801"))


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "audit.jsonl", host="workbench", user="tester")


def lines(log: AuditLog, tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]


ENTRY = AuditEntry(
    id="c1",
    serial=5,
    time="2026-01-31T12:00:00Z",
    host="workbench",
    user="tester",
    command="scope add",
    subjects=("openai-prod",),
    details=("add shop", "and \u5bc6\u7801"),
    outcome="done",
)


def test_a_change_is_two_lines_and_one_entry(log: AuditLog, tmp_path: Path) -> None:
    log.intend("c1", 5, CHANGE, NOW)
    assert log.conclude("c1", 5, "done") is True
    assert lines(log, tmp_path) == [
        {
            "id": "c1",
            "phase": "intent",
            "serial": 5,
            "time": "2026-01-31T12:00:00Z",
            "host": "workbench",
            "user": "tester",
            "command": "scope add",
            "subjects": ["openai-prod"],
            "details": ["add shop", "and \u5bc6\u7801"],
        },
        {"id": "c1", "phase": "outcome", "serial": 5, "outcome": "done"},
    ]
    assert log.entries(5) == [ENTRY]


def test_no_audit_is_no_entry(log: AuditLog) -> None:
    assert log.entries(0) == []


@pytest.mark.parametrize(("state_serial", "outcome"), [(4, None), (5, "done"), (9, "done")])
def test_an_outcome_that_a_crash_swallowed_is_told_by_the_state(
    log: AuditLog, state_serial: int, outcome: str | None
) -> None:
    log.intend("c1", 5, CHANGE, NOW)
    assert log.entries(state_serial) == [replace(ENTRY, outcome=outcome)]


def test_the_last_intent_of_a_serial_is_the_one_that_was_done(log: AuditLog) -> None:
    log.intend("c1", 5, CHANGE, NOW)
    log.intend("c2", 5, CHANGE, NOW)
    assert [(item.id, item.outcome) for item in log.entries(5)] == [("c1", None), ("c2", "done")]


def test_a_change_that_failed_is_not_said_to_be_done(log: AuditLog) -> None:
    log.intend("c1", 5, CHANGE, NOW)
    log.conclude("c1", 5, "failed")
    log.intend("c2", 5, CHANGE, NOW)
    log.conclude("c2", 5, "done")
    assert [(item.id, item.outcome) for item in log.entries(5)] == [("c1", "failed"), ("c2", "done")]


def test_torn_and_foreign_lines_are_passed_over(log: AuditLog, tmp_path: Path) -> None:
    log.intend("c1", 5, CHANGE, NOW)
    foreign = [
        b'{"id": "c9", "phase": "int',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"5",
        b"null",
        b"",
        b'{"phase": "other"}',
    ]
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(b"\n".join(foreign))
    log.conclude("c1", 5, "done")
    assert log.entries(5) == [ENTRY]


def test_an_outcome_without_an_intent_is_no_entry(log: AuditLog) -> None:
    log.conclude("c1", 5, "done")
    assert log.entries(5) == []


@pytest.mark.parametrize("serial", [None, "5", [5], {"a": 1}, 5.5, -1])
def test_an_intent_with_fields_of_the_wrong_form_is_still_shown(log: AuditLog, tmp_path: Path, serial: object) -> None:
    record = {"id": 7, "phase": "intent", "serial": serial, "subjects": "one", "details": [1, None], "time": None}
    (tmp_path / "audit.jsonl").write_text(json.dumps(record) + "\n")
    assert log.entries(9) == [
        AuditEntry(
            id="7",
            serial=-1 if serial == -1 else 0,
            time="None",
            host="",
            user="",
            command="",
            subjects=(),
            details=("1", "None"),
            outcome=None,
        )
    ]


@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([b'{"phase":"intent"}', b'{"phase":"outcome"}']))))
def test_no_content_of_the_file_keeps_it_from_being_read(
    tmp_path_factory: pytest.TempPathFactory, content: list[bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "audit-fuzz.jsonl"
    path.write_bytes(b"\n".join(content))
    entries = AuditLog(path, host="", user="").entries(3)
    assert {item.outcome for item in entries} <= {None, "None"}


def test_an_intent_that_cannot_be_written_stops_the_change(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.mkdir()
    log = AuditLog(path, host="workbench", user="tester")
    with pytest.raises(StateError) as caught:
        log.intend("c1", 5, CHANGE, NOW)
    assert (caught.value.code, caught.value.message) == (
        "AUDIT_NOT_WRITABLE",
        f'cannot write the audit log "{path}": Is a directory; nothing was changed',
    )


def test_a_full_disk_is_said_in_its_own_words(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda descriptor, data: 0)
    with pytest.raises(StateError, match="the disk took only part of a line; nothing was changed"):
        log.intend("c1", 5, CHANGE, NOW)


def test_an_outcome_that_cannot_be_written_is_reported_and_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.mkdir()
    assert AuditLog(path, host="workbench", user="tester").conclude("c1", 5, "done") is False


def test_an_audit_that_cannot_be_read_is_a_state_error(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.mkdir()
    with pytest.raises(StateError) as caught:
        AuditLog(path, host="", user="").entries(1)
    assert (caught.value.code, caught.value.message) == (
        "AUDIT_UNREADABLE",
        f'cannot read the audit log "{path}": it is no plain file of its own',
    )
