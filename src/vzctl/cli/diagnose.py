"""`vzctl diagnose`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.options import DatabaseOption
from vzctl.cli.run import run, stream
from vzctl.errors import UsageError

if TYPE_CHECKING:
    from vzctl.cli.wiring import Services
    from vzctl.usecases.context import Context
    from vzctl.usecases.diagnosis.diagnose import Diagnose, Emit
    from vzctl.usecases.diagnosis.result import Diagnosis
    from vzctl.usecases.outcome import Outcome

app = lone()


@reads(app, "diagnose")
def diagnose(
    context: typer.Context,
    file: Annotated[
        str | None, typer.Argument(metavar="-|FILE", help="The text; `-`: standard input.", show_default=False)
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="TEXT", help="The text itself; stays in history.", show_default=False),
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help='A text a line, or {"id","payload"} a line.')] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Read a growing log; show each error as it comes.")] = False,
    dedupe: Annotated[bool, typer.Option("--dedupe", help="With --follow: the same error once, then counts.")] = False,
    database: DatabaseOption = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 6: Astra, 7: provider, 21: unknown.")] = False,
) -> None:
    """Tell whose fault an error is: Astra's side, the provider's, or not decidable.

    The text may be an answer of the Data API, an exception, a log, or a provider's own answer. Needs no state.
    """
    if lines and follow:
        raise UsageError("--lines and --follow do not go together", code="USAGE")
    if dedupe and not follow:
        raise UsageError("--dedupe goes with --follow", code="USAGE")

    from vzctl.usecases.diagnosis.diagnose import Diagnose

    request = Diagnose(database=database, exit_code=exit_code, source=None if file == "-" else file)
    source = _Source(file, text)
    if lines:
        stream(context, lambda c, w, emit: _lines(c, w, request, source, emit))
    elif follow:
        stream(context, lambda c, w, emit: _follow(c, w, request, source, emit, dedupe=dedupe))
    else:
        run(context, lambda c, w: _text(c, w, request, source))


class _Source(NamedTuple):
    """Where the text comes from: both None for standard input."""

    file: str | None
    text: str | None


def _text(context: Context, services: Services, request: Diagnose, source: _Source) -> Outcome[Diagnosis]:
    from vzctl.cli.payload_input import payload_source, read_ends
    from vzctl.usecases.diagnosis.diagnose import diagnose_text

    with payload_source(services, *source) as opened:
        return diagnose_text(context, request, *read_ends(opened))


def _lines(context: Context, services: Services, request: Diagnose, source: _Source, emit: Emit) -> Outcome[None]:
    from vzctl.cli.payload_input import WINDOW, bounded_lines, payload_source
    from vzctl.usecases.diagnosis.diagnose import diagnose_lines

    with payload_source(services, *source) as opened:
        return diagnose_lines(context, request, bounded_lines(opened, WINDOW), emit)


def _follow(
    context: Context, services: Services, request: Diagnose, source: _Source, emit: Emit, *, dedupe: bool
) -> Outcome[None]:
    from vzctl.cli.payload_input import growing_lines, payload_source
    from vzctl.domain.diagnosis.log import LONGEST_RECORD
    from vzctl.usecases.diagnosis.diagnose import follow_log

    with payload_source(services, *source, follow=True) as opened:
        return follow_log(context, request, growing_lines(opened, LONGEST_RECORD), emit, dedupe=dedupe)
