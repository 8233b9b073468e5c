"""How it is shown whether what depends on a credential still works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from vzctl.command import NextStep, suggest
from vzctl.domain.rules import counted
from vzctl.errors import ExitStatus, status_of_sides
from vzctl.usecases.outcome import Columns

WORKS: Final = "works"
FAILS: Final = "fails"
NOT_LOOKED_AT: Final = "not looked at"
LINES_AT_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class DependentCheck:
    """One collection or column: `result` is `works`, `fails` or `not looked at`; `side` is who has to change something."""

    address: str
    credential: str
    result: str
    side: str | None
    detail: str | None

    columns: ClassVar[Columns] = (
        ("ADDRESS", "address"),
        ("CREDENTIAL", "credential"),
        ("RESULT", "result"),
        ("SIDE", "side"),
        ("DETAIL", "detail"),
    )


def check_lines(checks: Sequence[DependentCheck]) -> tuple[str, ...]:
    """Return the checks for people: how many work, then each that does not, then why some were not looked at."""
    if not checks:
        return ()
    working = sum(item.result == WORKS for item in checks)
    lines = [f"{working} of {counted(len(checks), 'dependant')} seen to work with the stored key"]
    failing = [item for item in checks if item.result == FAILS]
    lines += [f"  {item.address} fails: {item.detail}" for item in failing[:LINES_AT_MOST]]
    lines += [f"  and {len(failing) - LINES_AT_MOST} more fail"] if len(failing) > LINES_AT_MOST else []
    reasons: dict[str, int] = {}
    for item in checks:
        if item.result == NOT_LOOKED_AT:
            reasons[item.detail or ""] = reasons.get(item.detail or "", 0) + 1
    return (*lines, *(f"  {number} not looked at: {reason}" for reason, number in reasons.items()))


def check_steps(checks: Sequence[DependentCheck]) -> tuple[NextStep, ...]:
    """Return how to find out more about what fails."""
    return tuple(
        suggest("probe", item.address, comment="whose fault it is") for item in checks if item.result == FAILS
    )[:3]


def check_status(checks: Sequence[DependentCheck]) -> ExitStatus:
    """Return 7 when the provider's side fails something, 6 when only Astra's does, 0 when nothing is seen to fail."""
    return status_of_sides(item.side for item in checks if item.result == FAILS)
