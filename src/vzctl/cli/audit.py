"""`vzctl audit`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.options import not_empty
from vzctl.cli.run import run

app = lone()


@reads(app, "audit")
def audit(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Option(
            "--subject",
            callback=not_empty,
            metavar="TEXT",
            help="Only changes of this credential, database …",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="NUMBER", help="Only the last ones.", show_default=False)
    ] = None,
) -> None:
    """Show who changed what, when."""
    from vzctl.usecases.audit import show_audit

    run(context, lambda c, _: show_audit(c, subject=subject, limit=limit))
