"""`vzctl state`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import CheckExitCodeOption
from vzctl.cli.run import is_dry_run, run

app = noun("state")


@reads(app, "path")
def path(context: typer.Context) -> None:
    """Print where the state file is, and why there."""
    from vzctl.usecases.state.path import locate

    run(context, lambda _, services: locate(services.state_file(), services.settings.state.source))


@reads(app, "show")
def show(context: typer.Context) -> None:
    """Show the head of the state and how much it holds."""
    from vzctl.usecases.state.show import show_state

    run(context, lambda c, _: show_state(c))


@reads(app, "check")
def check(context: typer.Context, exit_code: CheckExitCodeOption = True) -> None:
    """Check the file: broken is exit 9; what breaks a rule is listed as a problem, exit 20."""
    from vzctl.usecases.state.check import check_state

    run(context, lambda c, _: check_state(c, exit_code=exit_code))


@reads(app, "backups")
def backups(context: typer.Context) -> None:
    """List the backups, newest first."""
    from vzctl.usecases.state.backups import list_state_backups

    run(context, lambda c, _: list_state_backups(c))


@changes(app, "restore")
def restore(
    context: typer.Context,
    which: Annotated[
        str, typer.Argument(metavar="SERIAL", help="A serial, SERIAL.ORDER, or latest.", show_default=False)
    ],
) -> None:
    """Put a backup in the state's place; the serial still rises."""
    from vzctl.usecases.state.restore import RestoreState, restore_state

    run(context, lambda c, _: restore_state(c, RestoreState(which, is_dry_run(context))))


@changes(app, "merge")
def merge(
    context: typer.Context,
    base: Annotated[
        str, typer.Argument(metavar="BASE", help="The common ancestor; empty when there is none.", show_default=False)
    ],
    ours: Annotated[
        str, typer.Argument(metavar="OURS", help="This side; the result is written to it.", show_default=False)
    ],
    theirs: Annotated[str, typer.Argument(metavar="THEIRS", help="The other side.", show_default=False)],
) -> None:
    """Merge two state files by record, as a merge driver of git; see "vzctl help git"."""
    from vzctl.usecases.state.merge import MergeStates, merge_states

    run(
        context,
        lambda c, services: merge_states(
            c, MergeStates(base, ours, theirs, services.settings.lock_timeout_seconds, is_dry_run(context))
        ),
    )


@reads(app, "export")
def export(context: typer.Context) -> None:
    """Print the state as TOML without its lineage and fingerprint salt."""
    from vzctl.usecases.state.export import export_state

    run(context, lambda c, _: export_state(c))
