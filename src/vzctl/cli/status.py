"""`vzctl status`."""

from __future__ import annotations

import typer

from vzctl.cli.flags import flags_of
from vzctl.cli.noun import lone, reads
from vzctl.cli.options import ExitCodeOption
from vzctl.cli.run import run

app = lone()


@reads(app, "status")
def status(context: typer.Context, exit_code: ExitCodeOption = False) -> None:
    """Show one screen: counts, ages, open rotations, pending steps, keys to revoke, problems. -v adds every setting."""
    from vzctl.usecases.status import SettingRow, show_status

    verbose = flags_of(context).verbose
    run(
        context,
        lambda c, services: show_status(
            c,
            settings=tuple(SettingRow(name, found.value, found.source) for name, found in services.settings.listed())
            if verbose
            else (),
            exit_code=exit_code,
        ),
    )
