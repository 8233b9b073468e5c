"""What every use case returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vzctl.command import NextStep
from vzctl.domain.masking.redaction import without_secrets
from vzctl.errors import ExitStatus, VzctlError

T_co = TypeVar("T_co", covariant=True)

Columns = tuple[tuple[str, str], ...]
"""(heading, field) pairs: the columns of tables and TSV, only ever appended."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that went right but deserves a look: a permanent code, one sentence, and what it is about."""

    code: str
    message: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one item of a batch failed, or was not begun."""

    side: str | None
    retryable: bool
    evidence: tuple[str, ...]
    http_status: int | None = None
    upstream_code: str | None = None

    @classmethod
    def of(cls, error: VzctlError) -> Fault:
        """Return what an error says beside its code and message."""
        evidence = tuple(without_secrets(item) for item in error.evidence)
        return cls(error.side, error.retryable, evidence, error.http_status, error.upstream_code)


NOT_BEGUN = Fault(None, False, ())
"""An earlier item of the batch failed, and somebody has to look at that first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[T_co]):
    """A result: `data` for machines, `summary` sentences for people, and what to run next.

    `changed` is True when the state's serial rose, or something beside the state was written. `status` is not OK when
    the work is right and yet the caller must know (`MANUAL`, `CHANGES`, `PARTIAL`, `ROTATION_OPEN`).
    """

    data: T_co
    changed: bool = False
    summary: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    status: ExitStatus = ExitStatus.OK


AnyOutcome = Outcome[Any]

_WINS = (ExitStatus.ROTATION_OPEN, ExitStatus.STATE, ExitStatus.SECRET_STORE)


def batch_status(exit_codes: Iterable[int], failed: VzctlError | None) -> ExitStatus:
    """Return the exit status of a batch: 12 wins over 9, that over 10, that over 11, that over an item's own."""
    found = set(exit_codes)
    for status in _WINS:
        if status in found:
            return status
    return ExitStatus.PARTIAL if failed is not None else max(item for item in ExitStatus if item in found)
