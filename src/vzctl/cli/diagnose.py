"""`vzctl diagnose`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.options import DatabaseOption
from vzctl.cli.run import run, stream
from vzctl.errors import UsageError

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

    from vzctl.cli.payload_input import WINDOW, bounded_lines, growing_lines, open_payload, read_ends
    from vzctl.domain.diagnosis.log import LONGEST_RECORD
    from vzctl.usecases.diagnose import Diagnose, diagnose_lines, diagnose_text, follow_log

    request = Diagnose(database=database, exit_code=exit_code)
    if lines:
        stream(
            context,
            lambda c, w, emit: diagnose_lines(c, request, bounded_lines(open_payload(w, file, text), WINDOW), emit),
        )
    elif follow:
        stream(
            context,
            lambda c, w, emit: follow_log(
                c,
                request,
                growing_lines(open_payload(w, file, text, follow=True), LONGEST_RECORD),
                emit,
                dedupe=dedupe,
            ),
        )
    else:
        run(context, lambda c, w: diagnose_text(c, request, *read_ends(open_payload(w, file, text))))
