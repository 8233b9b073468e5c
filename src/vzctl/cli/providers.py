"""`vzctl providers`."""

from __future__ import annotations

import typer

from vzctl.cli.noun import noun, reads
from vzctl.cli.options import ProviderArgument
from vzctl.cli.run import run

app = noun("providers")


@reads(app, "list")
def list_(context: typer.Context) -> None:
    """List the embedding providers that vectorize supports."""
    from vzctl.usecases.providers.list import list_providers

    run(context, lambda c, _: list_providers(c))


@reads(app, "show")
def show(context: typer.Context, provider: ProviderArgument) -> None:
    """Show a provider's models, dimensions and parameters."""
    from vzctl.usecases.providers.show import show_provider

    run(context, lambda c, _: show_provider(c, provider))
