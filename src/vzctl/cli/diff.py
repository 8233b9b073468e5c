"""`vzctl diff`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.options import ExitCodeOption
from vzctl.cli.run import run

app = lone()


@reads(app, "diff")
def diff(
    context: typer.Context,
    other: Annotated[
        str, typer.Argument(metavar="PROFILE|FILE", help="A profile, or the path of a state file.", show_default=False)
    ],
    exit_code: ExitCodeOption = False,
) -> None:
    """Compare this state with another one, by name.

    FILE is a path when it contains a "/" or ends in ".toml"; otherwise it is the name of a profile.
    """
    from vzctl.settings import profile_state
    from vzctl.usecases.diff import diff_states

    def path(environ: dict[str, str]) -> str:
        if os.sep in other or other.endswith(".toml"):
            return os.path.expanduser(other)
        return profile_state(other, environ)

    run(context, lambda c, services: diff_states(c, path(dict(services.settings.environ)), exit_code=exit_code))
