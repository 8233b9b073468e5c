"""`vzctl explain CODE`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.run import run
from vzctl.command import suggest
from vzctl.errors import UsageError

app = lone()


@reads(app, "explain")
def explain(
    context: typer.Context,
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="An error code, any case; or a cause, a verdict, a word of a provider.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List every code, current and legacy.")] = False,
) -> None:
    """Explain an error code of the Data API: its side, what it means, what to do."""
    if (code is None) != every:
        raise UsageError(
            "name a CODE, or give --all", code="USAGE", next_steps=(suggest("explain", all=True, comment="every code"),)
        )
    from vzctl.usecases.diagnosis.explain import explain_code, list_codes

    run(context, lambda _c, _w: list_codes() if code is None else explain_code(code))
