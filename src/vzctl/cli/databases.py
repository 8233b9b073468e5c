"""`vzctl databases`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import (
    CredentialOption,
    DatabaseArgument,
    IfExists,
    IfExistsOption,
    IfMissing,
    IfMissingOption,
    TokenEnvOption,
    WakeOption,
)
from vzctl.cli.run import is_dry_run, run

app = noun("databases")

NameOption = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="Its name.", show_default=False)]
RegionOption = Annotated[str | None, typer.Option("--region", metavar="TEXT", help="Its region.", show_default=False)]
StatusOption = Annotated[
    str | None, typer.Option("--status", metavar="STATUS", help="ACTIVE, PENDING, HIBERNATED …", show_default=False)
]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="Its Data API address.", show_default=False)
]


@reads(app, "list")
def list_(context: typer.Context, credential: CredentialOption = None) -> None:
    """List databases, or those in the scope of one credential."""
    from vzctl.usecases.database import list_databases

    run(context, lambda c, _: list_databases(c, credential))


@changes(app, "add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="The database's name.", show_default=False)],
    id_: Annotated[
        str | None,
        typer.Option("--id", metavar="UUID", help="Its id at Astra; made here on local.", show_default=False),
    ] = None,
    region: RegionOption = None,
    status: StatusOption = None,
    endpoint: EndpointOption = None,
    if_exists: IfExistsOption = IfExists.FAIL,
) -> None:
    """Record a database that exists; nothing is created."""
    from vzctl.usecases.database import AddDatabase, add_database

    request = AddDatabase(name, id_, region, status or "ACTIVE", endpoint, if_exists.value, is_dry_run(context))
    run(context, lambda c, _: add_database(c, request))


@reads(app, "show")
def show(context: typer.Context, database: DatabaseArgument) -> None:
    """Show a database: credentials it may use, and what is attached in it through a credential, a header or nothing."""
    from vzctl.usecases.database import show_database

    run(context, lambda c, _: show_database(c, database))


@changes(app, "edit")
def edit(
    context: typer.Context,
    database: DatabaseArgument,
    name: NameOption = None,
    region: RegionOption = None,
    status: StatusOption = None,
    endpoint: EndpointOption = None,
) -> None:
    """Change what is recorded of a database."""
    from vzctl.usecases.database import EditDatabase, edit_database

    request = EditDatabase(database, name, region, status, endpoint, is_dry_run(context))
    run(context, lambda c, _: edit_database(c, request))


@reads(app, "wait")
def wait(
    context: typer.Context,
    database: DatabaseArgument,
    status: Annotated[str, typer.Option("--status", metavar="STATUS", help="The status to wait for.")] = "ACTIVE",
    seconds: Annotated[float, typer.Option("--for", metavar="SECONDS", help="Wait at most so long.")] = 600.0,
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", help="Look so often.")] = 5.0,
    wake: WakeOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Wait until Astra says that a database has a status."""
    from vzctl.usecases.wait import WaitForDatabase, wait_for_database

    request = WaitForDatabase(database=database, status=status, seconds=seconds, every=every, wake=wake)
    run(context, lambda c, _: wait_for_database(c, request), token_variable=token_env)


@changes(app, "forget")
def forget(
    context: typer.Context,
    database: DatabaseArgument,
    force: Annotated[bool, typer.Option("--force", help="Forget what is recorded in it too.")] = False,
    if_missing: IfMissingOption = IfMissing.FAIL,
) -> None:
    """Forget a database; the database itself is not touched."""
    from vzctl.usecases.database import ForgetDatabase, forget_database

    request = ForgetDatabase(database, force, if_missing.value, is_dry_run(context))
    run(context, lambda c, _: forget_database(c, request))
