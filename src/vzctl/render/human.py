"""Output for a person at a terminal: tables without lines, facts under headings. The only module that uses rich."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vzctl.domain.portal import PortalVisit
from vzctl.render import map_tree, status_screen
from vzctl.render.cells import escape, human_cell
from vzctl.render.diagnosis import show_code, show_diagnosis
from vzctl.render.drift import show_sync
from vzctl.render.envelope import field_names
from vzctl.render.plain import rows_of
from vzctl.usecases.diagnosis.code_detail import CodeDetail
from vzctl.usecases.diagnosis.result import Diagnosis
from vzctl.usecases.map.nodes import Map
from vzctl.usecases.providers.show import ProviderDetail
from vzctl.usecases.secrets.reveal import Revealed
from vzctl.usecases.serve.config import ServeConfig
from vzctl.usecases.state.export import Exported
from vzctl.usecases.status import Status
from vzctl.usecases.sync.sync import SyncReport
from vzctl.usecases.views import DatabaseRef

COLUMN_GAP: Final = 2
USUAL_WIDTH: Final = 80
"""Columns, where COLUMNS says that there are none."""
INDENT: Final = "    "
COMMAND: Final = "COMMAND"
"""The heading of commands, which are copied as a whole line."""
_STYLES: Final = {
    "attested": "2",
    "bad": "31",
    "command": "36",
    "good": "32",
    "heading": "1",
    "quiet": "2",
    "warn": "33",
    "yellow": "33",
}
"""Select Graphic Rendition by style: the standard eight colors, which every theme of a terminal makes legible."""


class _Console(Console):
    """rich's console, but a reader that went away is the caller's business: rich would end the process with status 1."""

    ascii_only = False

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def make_console(stream: TextIO, *, color: bool, ascii_only: bool = False) -> Console:
    """Return a console that never guesses: color as decided by the settings, no markup, no highlighting, no emoji."""
    console = _Console(
        file=stream,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )
    console.ascii_only = ascii_only
    if console.width < 1:
        console.width = USUAL_WIDTH
    return console


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
    columns = getattr(type(rows[0]), "human_columns", type(rows[0]).columns)
    cells = [[human_cell(heading, getattr(row, field)) for heading, field in columns] for row in rows]
    shown = [number for number in range(len(columns)) if any(line[number] != "-" for line in cells)]
    given = _widths(
        {number: [columns[number][0], *(line[number] for line in cells)] for number in shown}, console.width
    )
    if not given:
        _records(console, [[(columns[number][0], line[number]) for number in shown] for line in cells])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False, pad_edge=False)
    for number in shown:
        table.add_column(Text(columns[number][0]), overflow="fold", width=given[number])
    for line in cells:
        table.add_row(*(Text(line[number], style=_style(columns[number][0], line[number])) for number in shown))
    console.print(table)


def _records(console: Console, records: list[list[tuple[str, str]]]) -> None:
    """Print rows as records: what a row is about on a line of its own, the rest below it; the terminal alone breaks words."""
    for (first, name), *others in records:
        _print_pieces(console, [[(f"{first.lower()} ", "quiet"), (name, "heading")]])
        line: list[tuple[str, str]] = []
        for heading, value in others:
            if value == "-":
                continue
            pair = [(f"{heading.lower()} ", "quiet"), (value, _style(heading, value))]
            if line and _cells(line) + COLUMN_GAP + _cells(pair) > console.width - len(INDENT):
                _print_pieces(console, _broken(line, console.width))
                line = []
            line += [*([(" " * COLUMN_GAP, "")] if line else []), *pair]
        if line:
            _print_pieces(console, _broken(line, console.width))


def _broken(line: list[tuple[str, str]], width: int) -> Iterator[list[tuple[str, str]]]:
    """Yield the indented line; a text that has no room on it goes on below, broken between words."""
    if _cells(line) <= width - len(INDENT):
        yield [(INDENT, ""), *line]
        return
    text = "".join(piece for piece, _ in line)
    for number, part in enumerate(
        textwrap.wrap(text, max(width - 2 * len(INDENT), 1), break_long_words=False, break_on_hyphens=False)
    ):
        yield [(INDENT * (2 if number else 1) + part, "")]


def _cells(pieces: list[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _widths(columns: dict[int, list[str]], width: int) -> dict[int, int]:
    """Return the width of each column (by number, with its texts); nothing when some word would have to be broken.

    Names, ids and addresses are copied, and a part of one is worth nothing. From left to right as many columns as possible
    are not broken at all; what room is left is shared by those that are broken between words.
    """
    natural = {number: max(map(cell_len, texts)) for number, texts in columns.items()}
    given = {
        number: natural[number]
        if texts[0] == COMMAND
        else max(cell_len(word) for text in texts for word in text.split() or [""])
        for number, texts in columns.items()
    }
    room = width - sum(given.values()) - COLUMN_GAP * (len(columns) - 1)
    if room < 0:
        return {}
    broken = []
    for number in columns:
        if natural[number] - given[number] <= room:
            room -= natural[number] - given[number]
            given[number] = natural[number]
        else:
            broken.append(number)
    for position, number in enumerate(broken):
        more = min(natural[number] - given[number], room // (len(broken) - position))
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
    hidden: frozenset[str] = getattr(type(data), "machine_only", frozenset())
    for name in field_names(type(data)):
        value = getattr(data, name)
        if name in hidden:
            continue
        if isinstance(value, tuple) and value and (hasattr(value[0], "__dataclass_fields__") or len(value) > 1):
            tables.append((name, value))
        elif isinstance(value, PortalVisit):
            tables.append((value.title, value.lines))
        elif isinstance(value, DatabaseRef):
            pairs.append((name, human_cell("", f"{value.name} ({value.id})")))
        elif hasattr(value, "__dataclass_fields__"):
            _collect(value, pairs, tables)
        else:
            heading = "KEY" if name.endswith("last_four") else ""
            pairs.append((name.replace("_", " "), human_cell(heading, value)))


def _status(console: Console, status: Status) -> None:
    _print_pieces(console, status_screen.lines(status, status_screen.Screen(console.width, console.height, cell_len)))
    if status.settings:
        console.file.write("\n")
        # Paths are long: in a table most terminals would have no room for them.
        width = max(len(item.name) for item in status.settings) + COLUMN_GAP
        _print_pieces(
            console,
            (
                [
                    (f"{item.name:<{width}}", ""),
                    (escape(item.value), "heading"),
                    (f"  ({escape(item.source)})", "quiet"),
                ]
                for item in status.settings
            ),
        )


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


def _map(console: Console, data: Map) -> None:
    """Print the tree; nothing when a drawing went to a file, because stderr tells where it is."""
    if data.drawing is not None:
        return
    ascii_only = getattr(console, "ascii_only", False)
    paper = map_tree.Paper(map_tree.ASCII if ascii_only else map_tree.UNICODE, console.width, cell_len)
    _print_pieces(console, map_tree.lines(data, paper), "ascii" if ascii_only else None)


def _print_pieces(console: Console, lines: Iterable[Sequence[tuple[str, str]]], encoding: str | None = None) -> None:
    """Print lines of styled pieces, which the terminal alone breaks.

    Not through rich, which would take seconds for the twenty thousand lines of a large map.
    """
    encoding = encoding or console.encoding
    for line in lines:
        text = "".join(_painted(console, text, _STYLES.get(style, "")) for text, style in line)
        console.file.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _painted(console: Console, text: str, codes: str) -> str:
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and not console.no_color else text


def _style(heading: str, text: str) -> str:
    """Return the style of a cell, for rich by its name and elsewhere by `_STYLES`."""
    if heading == "DUE" and text == "yes":
        return "yellow"
    return "yellow" if heading == "STATUS" and text != "ACTIVE" else "none"


_SPECIAL: dict[type, Callable[[Console, Any], None]] = {
    Status: _status,
    ProviderDetail: _provider,
    CodeDetail: show_code,
    Diagnosis: show_diagnosis,
    Exported: _exported,
    ServeConfig: _serve_config,
    Revealed: _revealed,
    SyncReport: show_sync,
    Map: _map,
}
