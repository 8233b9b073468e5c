"""`vzctl tables`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import (
    AuthenticationOption,
    ColumnArgument,
    CredentialOption,
    DatabaseOption,
    DimensionOption,
    HeaderOption,
    IfExists,
    IfExistsOption,
    IfMissing,
    IfMissingOption,
    ModelOption,
    ParameterOption,
    ProviderOption,
    TokenEnvOption,
    WakeOption,
)
from vzctl.cli.run import is_dry_run, run
from vzctl.cli.service_options import filter_of, service_of

app = noun("tables")

SendOption = Annotated[
    bool, typer.Option("--send", help="Do it at the database, look that it is there, and record it then.")
]


@reads(app, "list")
def list_(
    context: typer.Context,
    database: DatabaseOption = None,
    provider: ProviderOption = None,
    credential: CredentialOption = None,
    authentication: AuthenticationOption = None,
) -> None:
    """List vector columns."""
    from vzctl.usecases.dependents.list import list_dependents
    from vzctl.usecases.tables.column import COLUMNS

    chosen = filter_of(database, provider, credential, authentication)
    run(context, lambda c, _: list_dependents(c, COLUMNS, chosen))


@reads(app, "show")
def show(context: typer.Context, address: ColumnArgument) -> None:
    """Show a vector column."""
    from vzctl.usecases.dependents.show import show_dependent
    from vzctl.usecases.tables.column import COLUMNS

    run(context, lambda c, _: show_dependent(c, COLUMNS, address))


@changes(app, "attach")
def attach(
    context: typer.Context,
    address: ColumnArgument,
    provider: ProviderOption = None,
    model: ModelOption = None,
    dimension: DimensionOption = None,
    credential: CredentialOption = None,
    header: HeaderOption = False,
    parameter: ParameterOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the service that it has; stored vectors stay.")
    ] = False,
    if_exists: IfExistsOption = IfExists.FAIL,
    send: SendOption = False,
    wake: WakeOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Record that a column has this service; the request for the table itself is printed, or sent with --send."""
    from vzctl.usecases.tables.attach import AttachColumn, attach_column

    service = service_of(provider, model, dimension, credential, header, parameter)
    request = AttachColumn(address, service, replace, if_exists.value, is_dry_run(context), send, wake)
    run(context, lambda c, _: attach_column(c, request), token_variable=token_env)


@changes(app, "detach")
def detach(
    context: typer.Context,
    address: ColumnArgument,
    send: SendOption = False,
    wake: WakeOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Record that a column has no service any more; its vectors stay. With --send the database is told first."""
    from vzctl.usecases.tables.detach import DetachColumn, detach_column

    request = DetachColumn(address, is_dry_run(context), send, wake)
    run(context, lambda c, _: detach_column(c, request), token_variable=token_env)


@changes(app, "forget")
def forget(context: typer.Context, address: ColumnArgument, if_missing: IfMissingOption = IfMissing.FAIL) -> None:
    """Forget a column; the table itself is not touched."""
    from vzctl.usecases.dependents.forget import ForgetDependent, forget_dependent
    from vzctl.usecases.tables.column import COLUMNS

    request = ForgetDependent(address, if_missing.value, is_dry_run(context))
    run(context, lambda c, _: forget_dependent(c, COLUMNS, request))
