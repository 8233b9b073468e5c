"""The drift for a person: grouped, each difference with its sign and color; nothing from outside can break a line."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from vzctl.render.cells import escape
from vzctl.usecases.sync.sync import DriftRow, FieldRow, SyncReport

_SIGNS: Final = {"added": ("+", "green"), "changed": ("~", "yellow"), "gone": ("-", "red")}
_UNSAID: Final = frozenset({"name", "authentication"})
"""Values of a new thing that its other values say already."""


def show_sync(console: Console, report: SyncReport) -> None:
    """Print the differences group by group, then what cannot be recorded, then the rules that are broken by it."""
    groups: dict[str, list[DriftRow]] = {}
    for row in report.drift:
        groups.setdefault(row.group, []).append(row)
    for group, rows in groups.items():
        console.print(Text(group, style="bold"))
        width = max(len(escape(row.subject)) for row in rows)
        for row in rows:
            _print_row(console, row, width)
    if report.remarks:
        console.print(Text("passed over, or not fitting", style="bold"))
        for remark in report.remarks:
            console.print(_remark(remark.message), soft_wrap=True)
    if report.problems:
        console.print(Text("problems" if report.applied else "problems that come with it", style="bold"))
        for problem in report.problems:
            console.print(_remark(problem.message), soft_wrap=True)
            console.print(Text(f"    {escape(str(problem.command))}", style="cyan"), soft_wrap=True)


def _print_row(console: Console, row: DriftRow, width: int) -> None:
    sign, color = _SIGNS[row.change]
    line = Text()
    line.append(f"{sign} {escape(row.subject):<{width}}", style=color)
    words = [_field(item, row.change) for item in row.fields if row.change != "added" or item.name not in _UNSAID]
    details = ", ".join(escape(word) for word in words)
    if details:
        line.append(f"  {details}")
    if row.note is not None:
        line.append(f"  ({escape(row.note)})", style="dim")
    if row.rotation is not None:
        line.append(f'  left as it is: a rotation of "{escape(row.rotation)}" is open', style="bold yellow")
    console.print(line, soft_wrap=True)
    for lost in row.loses:
        console.print(Text(f"    forgotten with it: {escape(lost)}", style="red"), soft_wrap=True)


def _remark(message: str) -> Text:
    line = Text()
    line.append("! ", style="magenta")
    line.append(escape(message))
    return line


def _field(row: FieldRow, change: str) -> str:
    if change == "added":
        return f"{row.name} {row.after}"
    return f"{row.name} {row.before or 'none'} → {row.after or 'none'}"
