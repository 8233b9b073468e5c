"""`vzctl state check`: what in the state breaks a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vzctl.command import Command, NextStep
from vzctl.domain.checks.problems import Problem
from vzctl.errors import ExitStatus
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.state.problems import state_problems


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """Something recorded that breaks a rule, and the command that helps."""

    code: str
    subject: str
    message: str
    command: Command

    columns: ClassVar[Columns] = (
        ("CODE", "code"),
        ("SUBJECT", "subject"),
        ("PROBLEM", "message"),
        ("COMMAND", "command"),
    )


@dataclass(frozen=True, slots=True)
class StateCheck:
    """A readable state's problems; a broken state is an error instead (exit 9)."""

    path: str
    serial: int
    problems: tuple[ProblemRow, ...]


def check_state(context: Context, *, exit_code: bool = True) -> Outcome[StateCheck]:
    """Return what breaks a rule; unless `exit_code` is off, status `CHANGES` when anything does."""
    state = context.state_store.read()
    rows = tuple(problem_row(item) for item in state_problems(context, state))
    return Outcome(
        data=StateCheck(context.state_store.location, state.serial, rows),
        summary=() if rows else ("the state is sound",),
        next_steps=tuple(NextStep(item.command, item.message) for item in rows[:5]),
        status=ExitStatus.CHANGES if rows and exit_code else ExitStatus.OK,
    )


def problem_row(problem: Problem) -> ProblemRow:
    """Return the view of a problem."""
    return ProblemRow(problem.code, problem.subject, problem.message, problem.next_step.command)
