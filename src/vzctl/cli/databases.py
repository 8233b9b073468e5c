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
    NoteOption,
    TokenEnvOption,
    WakeOption,
    not_empty,
)
from vzctl.cli.run import is_dry_run, run
from vzctl.errors import UsageError

app = noun("databases")
tokens = noun("token", "Service tokens: how `vzctl serve` knows which self-hosted database is asking.")
app.add_typer(tokens)

NameOption = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="Its name.", show_default=False)]
RegionOption = Annotated[
    str | None, typer.Option("--region", callback=not_empty, metavar="TEXT", help="Its region.", show_default=False)
]
StatusOption = Annotated[
    str | None, typer.Option("--status", metavar="STATUS", help="ACTIVE, PENDING, HIBERNATED …", show_default=False)
]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="Its Data API address.", show_default=False)
]


@reads(app, "list")
def list_(context: typer.Context, credential: CredentialOption = None) -> None:
    """List databases, or those in the scope of one credential."""
    from vzctl.usecases.databases.list import list_databases

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
    from vzctl.usecases.databases.add import AddDatabase, add_database

    request = AddDatabase(name, id_, region, status or "ACTIVE", endpoint, if_exists.value, is_dry_run(context))
    run(context, lambda c, _: add_database(c, request))


@reads(app, "show")
def show(context: typer.Context, database: DatabaseArgument) -> None:
    """Show a database: credentials it may use, and what is attached in it through a credential, a header or nothing."""
    from vzctl.usecases.databases.show import show_database

    run(context, lambda c, _: show_database(c, database))


@changes(app, "edit")
def edit(
    context: typer.Context,
    database: DatabaseArgument,
    name: NameOption = None,
    region: RegionOption = None,
    status: StatusOption = None,
    endpoint: EndpointOption = None,
    certificate_name: Annotated[
        str | None,
        typer.Option(
            "--certificate-name",
            metavar="TEXT",
            help="Self-hosted: the name in its client certificate.",
            show_default=False,
        ),
    ] = None,
    no_certificate_name: Annotated[
        bool, typer.Option("--no-certificate-name", help="No client certificate speaks for it any more.")
    ] = False,
    freshness: Annotated[
        str | None,
        typer.Option(
            "--freshness",
            metavar="immediate|TIME",
            help="Self-hosted: how long its Data API keeps a key, such as 30s.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Change what is recorded of a database."""
    from vzctl.usecases.databases.edit import edit_database
    from vzctl.usecases.databases.record import EditDatabase

    if certificate_name is not None and no_certificate_name:
        raise UsageError("give --certificate-name or --no-certificate-name, not both", code="USAGE")
    request = EditDatabase(
        database, name, region, status, endpoint, certificate_name, no_certificate_name, freshness, is_dry_run(context)
    )
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
    from vzctl.usecases.databases.wait import WaitForDatabase, wait_for_database

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
    from vzctl.usecases.databases.forget import ForgetDatabase, forget_database

    request = ForgetDatabase(database, force, if_missing.value, is_dry_run(context))
    run(context, lambda c, _: forget_database(c, request))


@reads(tokens, "list")
def token_list(
    context: typer.Context,
    database: Annotated[str | None, typer.Argument(metavar="DB", help="A database.", show_default=False)] = None,
) -> None:
    """List service tokens: of all databases, or of one."""
    from vzctl.usecases.databases.token_list import list_tokens

    run(context, lambda c, _: list_tokens(c, database))


@changes(tokens, "create")
def token_create(
    context: typer.Context,
    database: DatabaseArgument,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            callback=not_empty,
            metavar="FILE",
            help="A new file for the token, readable by you alone.",
            show_default=False,
        ),
    ] = None,
    print_: Annotated[bool, typer.Option("--print", help="Print the token on standard output.")] = False,
    note: NoteOption = None,
) -> None:
    """Make a service token of a database; only its hash is kept. Two work side by side, so one can replace the other."""
    from vzctl.usecases.databases.token_create import CreateToken, create_token

    request = CreateToken(database, out, print_, note, is_dry_run(context))
    run(context, lambda c, _: create_token(c, request), shows=print_)


@changes(tokens, "revoke")
def token_revoke(
    context: typer.Context,
    database: DatabaseArgument,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The token's id.", show_default=False)],
    if_missing: IfMissingOption = IfMissing.FAIL,
) -> None:
    """Stop accepting a service token."""
    from vzctl.usecases.databases.token_revoke import RevokeToken, revoke_token

    request = RevokeToken(database, token, if_missing.value, is_dry_run(context))
    run(context, lambda c, _: revoke_token(c, request))
