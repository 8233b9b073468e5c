"""`vzctl integrations`."""

from __future__ import annotations

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import IfExists, IfExistsOption, IfMissing, IfMissingOption, ProviderArgument
from vzctl.cli.run import is_dry_run, run

app = noun("integrations")


@reads(app, "list")
def list_(context: typer.Context) -> None:
    """List the integrations."""
    from vzctl.usecases.integrations.list import list_integrations

    run(context, lambda c, _: list_integrations(c))


@changes(app, "add")
def add(context: typer.Context, provider: ProviderArgument, if_exists: IfExistsOption = IfExists.FAIL) -> None:
    """Enable a provider."""
    from vzctl.usecases.integrations.add import AddIntegration, add_integration

    request = AddIntegration(provider, if_exists.value, is_dry_run(context))
    run(context, lambda c, _: add_integration(c, request))


@reads(app, "show")
def show(context: typer.Context, provider: ProviderArgument) -> None:
    """Show an integration with its credentials and dependants."""
    from vzctl.usecases.integrations.show import show_integration

    run(context, lambda c, _: show_integration(c, provider))


@changes(app, "remove")
def remove(context: typer.Context, provider: ProviderArgument, if_missing: IfMissingOption = IfMissing.FAIL) -> None:
    """Disable a provider; it must have no credentials."""
    from vzctl.usecases.integrations.remove import RemoveIntegration, remove_integration

    request = RemoveIntegration(provider, if_missing.value, is_dry_run(context))
    run(context, lambda c, _: remove_integration(c, request))
