"""What every use case returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vzctl.errors import ExitStatus, NextStep

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that went right but deserves a look: a permanent code, one sentence, and what it is about."""

    code: str
    message: str
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[T_co]):
    """A result: `data` for machines, `summary` sentences for people, and what to run next.

    `changed` is True when the state's serial rose. `status` is not OK when the work is right and yet the caller must know
    (`MANUAL`, `CHANGES`, `PARTIAL`, `ROTATION_OPEN`).
    """

    data: T_co
    changed: bool = False
    summary: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    status: ExitStatus = ExitStatus.OK


AnyOutcome = Outcome[Any]
