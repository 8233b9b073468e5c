"""`vzctl revocations`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import TokenEnvOption
from vzctl.cli.run import is_dry_run, run

app = noun("revocations")


@reads(app, "list")
def list_(
    context: typer.Context, all_: Annotated[bool, typer.Option("--all", help="Those that are done too.")] = False
) -> None:
    """List the keys to revoke, leaked ones first."""
    from vzctl.usecases.revocations.list import list_revocations

    run(context, lambda c, _: list_revocations(c, include_done=all_))


@changes(app, "done")
def done(
    context: typer.Context,
    revocations: Annotated[
        list[str], typer.Argument(metavar="REVOCATION", help="Id, or the credential's name.", show_default=False)
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Ask the provider first whether it rejects the key now.")
    ] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Let [rotation.revoke] revoke the keys first.")] = False,
    wait: Annotated[
        float | None,
        typer.Option(
            "--wait",
            metavar="SECONDS",
            help="With --check: how long to ask a provider again that still accepts a key; 60 after --revoke, else 0.",
            show_default=False,
        ),
    ] = None,
    unverified: Annotated[
        bool,
        typer.Option(
            "--unverified", help="With --check: go on although the answer does not show whether the key is rejected."
        ),
    ] = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Say that keys are revoked at their provider; their bytes are dropped here and a rollback is over."""
    from vzctl.usecases.revocations.done import FinishRevocations, finish_revocations

    request = FinishRevocations(tuple(revocations), is_dry_run(context), check, revoke, wait, unverified)
    run(context, lambda c, _: finish_revocations(c, request), token_variable=token_env)
