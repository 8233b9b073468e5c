"""`vzctl completion SHELL`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.run import dotted
from vzctl.command import suggest
from vzctl.errors import UsageError

app = lone()


@reads(app, "completion")
def completion(
    context: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish", help="The shell.", show_default=False)],
) -> None:
    """Print the completion script of a shell."""
    from vzctl.cli.flags import flags_of
    from vzctl.cli.wiring import output_format
    from vzctl.completion.scripts import script
    from vzctl.render.show import show_text

    if shell not in ("bash", "zsh", "fish"):
        raise UsageError(
            f"{shell[:40]!a} is no shell that vzctl completes; choose bash, zsh or fish",
            code="USAGE",
            next_steps=(suggest("completion", "bash", comment="for example"),),
        )
    show_text(script(shell), command=dotted(context), output=output_format(flags_of(context)))
