"""Errors are values: what is added to one makes another."""

from __future__ import annotations

from vzctl.command import NextStep, command
from vzctl.errors import AstraError, VzctlError


def facts(error: VzctlError) -> dict[str, object]:
    return dict(vars(error))


def test_another_error_says_the_same_except_for_what_is_given() -> None:
    step = NextStep(command("status"), "look at it")
    first = AstraError(
        "no answer", code="NO_ANSWER", evidence=("seen",), next_steps=(step,), retryable=True, http_status=503
    )
    before = facts(first)
    second = first.replace(message="no answer; nothing was changed", evidence=("seen", "again"))
    assert type(second) is AstraError
    assert facts(first) == before
    assert facts(second) == before | {"message": "no answer; nothing was changed", "evidence": ("seen", "again")}
    assert str(second) == "no answer; nothing was changed"


def test_what_the_other_side_answered_and_another_state_make_another_error() -> None:
    step = NextStep(command("status"), "look at it")
    first = AstraError("refused", code="REFUSED", next_steps=(step,))
    before = facts(first)
    assert facts(first.answered(401, "UNAUTHORIZED")) == before | {
        "http_status": 401,
        "upstream_code": "UNAUTHORIZED",
    }
    moved = first.on_state("/other/state.toml")
    assert facts(first) == before
    assert moved.next_steps == (NextStep(step.command.on_state("/other/state.toml"), "look at it"),)
