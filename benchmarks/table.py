"""The table that the benchmarks print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass

from benchmarks.measure import Usage

HEADINGS = ("what", "vzctl", "compared with", "ratio", "target", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, what it is compared with, and whether the target is met."""

    what: str
    vzctl: str
    compared_with: str
    ratio: str
    target: str
    is_met: bool


def share(what: str, used: Usage, name: str, bare: Usage, target: float) -> Row:
    """Return the row of a time in units of another; the ratio of processor time beside it is the steadier one."""
    ratio = used.seconds / bare.seconds
    processor = used.processor_seconds / bare.processor_seconds
    return Row(
        what,
        f"{used.seconds * 1000:.0f} ms",
        f"{name} {bare.seconds * 1000:.0f} ms",
        f"{ratio:.2f} (processor {processor:.2f})",
        f"<= {target:g}",
        is_met=ratio <= target,
    )


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the table, as Markdown."""
    cells = [HEADINGS, *((*astuple(row)[:-1], "" if row.is_met else "MISSED") for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
