"""`vzctl pending`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import TokenEnvOption, WakeOption
from vzctl.cli.run import is_dry_run, run

app = noun("pending")

StepsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="PENDING", help="Ids from pending list.", show_default=False)
]
AllOption = Annotated[bool, typer.Option("--all", help="All of them.")]


@reads(app, "list")
def list_(context: typer.Context) -> None:
    """List the steps that wait for a person, in the order in which they can be done."""
    from vzctl.usecases.pending.list import list_pending

    run(context, lambda c, _: list_pending(c))


@changes(app, "confirm")
def confirm(
    context: typer.Context,
    steps: StepsArgument = None,
    all_: AllOption = False,
    check: Annotated[
        bool, typer.Option("--check", help="Ask the databases first whether the steps are in force.")
    ] = False,
    wake: WakeOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Say that steps are done: what was wanted is attested from now on, or observed with --check."""
    from vzctl.usecases.pending.confirm import confirm_pending
    from vzctl.usecases.pending.step import ChangePending

    request = ChangePending(tuple(steps or ()), all_, is_dry_run(context), check, wake)
    run(context, lambda c, _: confirm_pending(c, request), token_variable=token_env)


@changes(app, "drop")
def drop(context: typer.Context, steps: StepsArgument = None, all_: AllOption = False) -> None:
    """Stop wanting steps."""
    from vzctl.usecases.pending.drop import drop_pending
    from vzctl.usecases.pending.step import ChangePending

    request = ChangePending(tuple(steps or ()), all_, is_dry_run(context))
    run(context, lambda c, _: drop_pending(c, request))
