"""`vzctl scope`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import CredentialArgument, IfMissing, IfMissingOption, JobsOption, TokenEnvOption, WakeOption
from vzctl.cli.run import is_dry_run, run

app = noun("scope")

DatabasesArgument = Annotated[list[str] | None, typer.Argument(metavar="DB", help="Databases.", show_default=False)]
AllDatabasesOption = Annotated[bool, typer.Option("--all-databases", help="All databases in the state now.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Also when dependants lose vectorize.")]


@reads(app, "list")
def list_(context: typer.Context, credential: CredentialArgument) -> None:
    """List the databases in a credential's scope."""
    from vzctl.usecases.scope.list import show_scope

    run(context, lambda c, _: show_scope(c, credential))


@reads(app, "check")
def check(
    context: typer.Context,
    credential: CredentialArgument,
    databases: DatabasesArgument = None,
    jobs: JobsOption = 8,
    wake: WakeOption = False,
    record: Annotated[bool, typer.Option("--record", help="Keep what is seen in the state, as sync does.")] = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Ask databases whether they can use a credential; costs nothing and creates nothing."""
    from vzctl.usecases.scope.check import CheckScope, check_scope

    request = CheckScope(name=credential, databases=databases or (), jobs=jobs, wake=wake, record=record)
    run(context, lambda c, _: check_scope(c, request), token_variable=token_env)


@changes(app, "add")
def add(
    context: typer.Context,
    credential: CredentialArgument,
    databases: DatabasesArgument = None,
    all_databases: AllDatabasesOption = False,
) -> None:
    """Let databases use a credential; a database may enter as soon as it exists."""
    from vzctl.usecases.scope.change import ChangeScope, change_scope

    request = ChangeScope("add", credential, databases or (), all_databases, dry_run=is_dry_run(context))
    run(context, lambda c, _: change_scope(c, request))


@changes(app, "copy")
def copy(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="CREDENTIAL", help="Credential whose scope is copied.", show_default=False)
    ],
    target: Annotated[
        str, typer.Argument(metavar="CREDENTIAL", help="Credential whose scope is extended.", show_default=False)
    ],
) -> None:
    """Add every database in one credential's scope to another credential's scope; nothing is removed."""
    from vzctl.usecases.scope.change import ChangeScope, change_scope

    request = ChangeScope("add", target, like=source, dry_run=is_dry_run(context))
    run(context, lambda c, _: change_scope(c, request))


@changes(app, "remove")
def remove(
    context: typer.Context,
    credential: CredentialArgument,
    databases: DatabasesArgument = None,
    all_databases: AllDatabasesOption = False,
    force: ForceOption = False,
    if_missing: IfMissingOption = IfMissing.FAIL,
) -> None:
    """Stop databases from using a credential."""
    from vzctl.usecases.scope.change import ChangeScope, change_scope

    request = ChangeScope(
        "remove",
        credential,
        databases or (),
        all_databases,
        force=force,
        if_missing=if_missing.value,
        dry_run=is_dry_run(context),
    )
    run(context, lambda c, _: change_scope(c, request))


@changes(app, "set")
def set_(
    context: typer.Context,
    credential: CredentialArgument,
    databases: DatabasesArgument = None,
    all_databases: AllDatabasesOption = False,
    none: Annotated[bool, typer.Option("--none", help="Empty the scope.")] = False,
    force: ForceOption = False,
) -> None:
    """Make the scope exactly these databases."""
    from vzctl.usecases.scope.change import ChangeScope, change_scope

    request = ChangeScope(
        "set", credential, databases or (), all_databases, none=none, force=force, dry_run=is_dry_run(context)
    )
    run(context, lambda c, _: change_scope(c, request))
