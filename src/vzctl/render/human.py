"""Output for a person at a terminal: tables without lines, facts under headings. The only module that uses rich."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vzctl.domain.rules import counted
from vzctl.render.cells import human_cell
from vzctl.render.envelope import field_names
from vzctl.render.plain import rows_of
from vzctl.usecases.provider import ProviderDetail
from vzctl.usecases.secrets import Revealed
from vzctl.usecases.serve_config import ServeConfig
from vzctl.usecases.state import Exported
from vzctl.usecases.status import Status
from vzctl.usecases.views import DatabaseRef, PortalVisit

COLUMN_GAP: Final = 2
NARROWEST: Final = 10
"""A column that is folded keeps this many characters a line, when the terminal has them."""
COPIED: Final = ("ID", "ADDRESS", "VERSION")


class _Console(Console):
    """rich's console, but a reader that went away is the caller's business: rich would end the process with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def make_console(stream: TextIO, *, color: bool) -> Console:
    """Return a console that never guesses: color as decided by the settings, no markup, no highlighting, no emoji."""
    return _Console(
        file=stream,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def show(console: Console, data: Any) -> None:
    """Print an answer."""
    special: Callable[[Console, Any], None] | None = _SPECIAL.get(type(data))
    if special is not None:
        special(console, data)
        return
    rows = rows_of(data)
    if rows is not None:
        _table(console, rows)
    elif data is not None:
        _facts(console, data)


def _table(console: Console, rows: tuple[Any, ...]) -> None:
    """Print rows as a table; columns that say nothing in any row are left out."""
    if not rows:
        console.print(Text("nothing there", style="dim"))
        return
    columns = type(rows[0]).columns
    cells = [[human_cell(heading, getattr(row, field)) for heading, field in columns] for row in rows]
    shown = [number for number in range(len(columns)) if any(line[number] != "-" for line in cells)]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False, pad_edge=False)
    widths = {
        number: max(cell_len(text) for text in (columns[number][0], *(line[number] for line in cells)))
        for number in shown
    }
    given = _widths([(number, columns[number][0], widths[number]) for number in shown], console.width)
    for number in shown:
        table.add_column(Text(columns[number][0]), overflow="fold", width=given.get(number))
    for line in cells:
        table.add_row(*(Text(line[number], style=_style(columns[number][0], line[number])) for number in shown))
    console.print(table)


def _widths(columns: list[tuple[int, str, int]], width: int) -> dict[int, int]:
    """Return the width of each column (number, heading, natural width); nothing when not even the narrowest fit.

    As many values as possible are not folded: ids and addresses come first, because they are copied; then from left to
    right. What room is left is shared by those that are folded. Headings are folded only when there is no other way.
    """
    given = {number: min(natural, max(NARROWEST, cell_len(heading))) for number, heading, natural in columns}
    room = width - sum(given.values()) - COLUMN_GAP * (len(columns) - 1)
    if room < 0:
        given = {number: min(natural, NARROWEST) for number, _, natural in columns}
        room = width - sum(given.values()) - COLUMN_GAP * (len(columns) - 1)
    if room < 0:
        return {}
    folded = []
    for number, _, natural in sorted(columns, key=lambda column: column[1] not in COPIED):
        if natural - given[number] <= room:
            room -= natural - given[number]
            given[number] = natural
        else:
            folded.append((number, natural))
    for position, (number, natural) in enumerate(folded):
        more = min(natural - given[number], room // (len(folded) - position))
        given[number] += more
        room -= more
    return given


def _facts(console: Console, data: Any) -> None:
    """Print one thing: plain facts first, then each list under its name."""
    tables: list[tuple[str, tuple[Any, ...]]] = []
    pairs: list[tuple[str, str]] = []
    _collect(data, pairs, tables)
    width = max((len(name) for name, _ in pairs), default=0)
    for name, text in pairs:
        line = Text(f"{name:<{width}}  ", style="dim")
        line.append(text, style="none")
        console.print(line, soft_wrap=True)
    for name, rows in tables:
        console.print()
        console.print(Text(name.replace("_", " "), style="bold"))
        if rows and hasattr(rows[0], "columns"):
            _table(console, rows)
        for row in rows if rows and not hasattr(rows[0], "columns") else ():
            console.print(Text(f"  {human_cell('', row)}"), soft_wrap=True)


def _collect(data: Any, pairs: list[tuple[str, str]], tables: list[tuple[str, tuple[Any, ...]]]) -> None:
    for name in field_names(type(data)):
        value = getattr(data, name)
        if isinstance(value, tuple) and value and (hasattr(value[0], "__dataclass_fields__") or len(value) > 1):
            tables.append((name, value))
        elif isinstance(value, PortalVisit):
            tables.append((value.title, value.lines))
        elif isinstance(value, DatabaseRef):
            pairs.append((name, human_cell("", f"{value.name} ({value.id})")))
        elif hasattr(value, "__dataclass_fields__"):
            _collect(value, pairs, tables)
        else:
            pairs.append((name.replace("_", " "), human_cell("", value)))


def _status(console: Console, status: Status) -> None:
    counts = status.counts
    console.print(Text(f"{status.organization} ({status.control_plane})  serial {status.serial}", style="bold"))
    console.print(Text(status.path, style="dim"), soft_wrap=True)
    console.print(
        f"{counted(counts.credentials, 'credential')} of {counted(counts.integrations, 'integration')}, "
        f"{counted(counts.databases, 'database')} ({counts.active_databases} active), "
        f"{counted(counts.collections, 'collection')}, {counted(counts.columns, 'table column')}"
    )
    oldest = counted(status.oldest_key_days, "day") if status.oldest_key_days is not None else "unknown"
    console.print(f"oldest key {oldest}; {status.keys_due} due, {status.keys_of_unknown_age} of unknown age")
    if not status.attention:
        console.print(Text("nothing wants attention", style="green"))
    for item in status.attention:
        line = Text(f"\n{item.kind}: ", style="bold yellow" if item.kind != "leaked key" else "bold red")
        line.append(human_cell("", f"{item.subject}: {item.message}"), style="none")
        console.print(line)
        console.print(Text(f"    {human_cell('', item.command)}", style="cyan"), soft_wrap=True)
    if status.settings:
        console.print()
        _table(console, status.settings)


def _provider(console: Console, provider: ProviderDetail) -> None:
    console.print(Text(f"{provider.display_name} ({provider.id}), {provider.hosting}", style="bold"))
    console.print(f"authentication: {', '.join(provider.authentication)}")
    if provider.keys_are_made_at:
        console.print(f"{provider.credential_label}s are made at {provider.keys_are_made_at}")
    for note in provider.notes:
        console.print(f"note: {note}")
    console.print()
    _table(console, provider.models)
    parameters = (*provider.parameters, *(item for model in provider.models for item in model.parameters))
    if parameters:
        console.print()
        _table(console, parameters)


def _exported(console: Console, exported: Exported) -> None:
    console.print(Text(exported.toml), end="", soft_wrap=True)


def _serve_config(console: Console, config: ServeConfig) -> None:
    console.print(Text(config.raw_text), end="", soft_wrap=True)


def _revealed(console: Console, revealed: Revealed) -> None:
    console.print(Text(revealed.secret.reveal()), soft_wrap=True)


def _style(heading: str, text: str) -> str:
    if heading == "DUE" and text == "yes":
        return "yellow"
    return "yellow" if heading == "STATUS" and text != "ACTIVE" else "none"


_SPECIAL: dict[type, Callable[[Console, Any], None]] = {
    Status: _status,
    ProviderDetail: _provider,
    Exported: _exported,
    ServeConfig: _serve_config,
    Revealed: _revealed,
}
