"""`vzctl collections`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import (
    AuthenticationOption,
    CollectionArgument,
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

app = noun("collections")


@reads(app, "list")
def list_(
    context: typer.Context,
    database: DatabaseOption = None,
    provider: ProviderOption = None,
    credential: CredentialOption = None,
    authentication: AuthenticationOption = None,
) -> None:
    """List collections."""
    from vzctl.usecases.collections.collection import COLLECTIONS
    from vzctl.usecases.dependents.list import list_dependents

    chosen = filter_of(database, provider, credential, authentication)
    run(context, lambda c, _: list_dependents(c, COLLECTIONS, chosen))


@changes(app, "add")
def add(
    context: typer.Context,
    address: CollectionArgument,
    provider: ProviderOption = None,
    model: ModelOption = None,
    dimension: DimensionOption = None,
    credential: CredentialOption = None,
    header: HeaderOption = False,
    parameter: ParameterOption = None,
    if_exists: IfExistsOption = IfExists.FAIL,
) -> None:
    """Record a collection that exists; without --provider it is one without vectorize."""
    from vzctl.usecases.collections.add import AddCollection, add_collection

    service = service_of(provider, model, dimension, credential, header, parameter)
    request = AddCollection(address, service, if_exists.value, is_dry_run(context))
    run(context, lambda c, _: add_collection(c, request))


@reads(app, "show")
def show(context: typer.Context, address: CollectionArgument) -> None:
    """Show a collection."""
    from vzctl.usecases.collections.collection import COLLECTIONS
    from vzctl.usecases.dependents.show import show_dependent

    run(context, lambda c, _: show_dependent(c, COLLECTIONS, address))


@changes(app, "create")
def create(
    context: typer.Context,
    address: CollectionArgument,
    provider: ProviderOption = None,
    model: ModelOption = None,
    dimension: DimensionOption = None,
    credential: CredentialOption = None,
    header: HeaderOption = False,
    parameter: ParameterOption = None,
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="COLLECTION_ADDRESS", help="Copy its options and service.", show_default=False),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="METRIC", help="cosine, dot_product, euclidean.", show_default=False),
    ] = None,
    wake: WakeOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Create a collection in its database, look at it, and record it."""
    from vzctl.usecases.collections.create import CreateCollection, create_collection

    request = CreateCollection(
        address=address,
        service=service_of(provider, model, dimension, credential, header, parameter),
        like=like,
        metric=metric,
        wake=wake,
        dry_run=is_dry_run(context),
    )
    run(context, lambda c, _: create_collection(c, request), token_variable=token_env)


@changes(app, "forget")
def forget(context: typer.Context, address: CollectionArgument, if_missing: IfMissingOption = IfMissing.FAIL) -> None:
    """Forget a collection; the collection itself is not touched."""
    from vzctl.usecases.collections.collection import COLLECTIONS
    from vzctl.usecases.dependents.forget import ForgetDependent, forget_dependent

    request = ForgetDependent(address, if_missing.value, is_dry_run(context))
    run(context, lambda c, _: forget_dependent(c, COLLECTIONS, request))
