"""`vzctl support`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vzctl.cli.noun import noun, reads
from vzctl.cli.run import run

if TYPE_CHECKING:
    from vzctl.cli.wiring import Services
    from vzctl.settings import Settings
    from vzctl.usecases.context import Context
    from vzctl.usecases.outcome import Outcome
    from vzctl.usecases.support.settings import ChosenSettings

app = noun("support")


@reads(app, "bundle")
def bundle(
    context: typer.Context,
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="The archive to make; its name ends in .zip.")
    ] = "vzctl-support.zip",
) -> None:
    """Write what helps to find a mistake in vzctl: a zip archive without secrets and without your names.

    Versions, settings, the state with invented names, and the last changes. It works beside a broken state too, and sends
    nothing. Look into it before you pass it on.
    """
    from vzctl.render.contracts import CONTRACTS
    from vzctl.usecases.support.bundle import WriteBundle, write_bundle

    commands = frozenset(name.replace(".", " ") for name in CONTRACTS)

    def work(c: Context, services: Services) -> Outcome[Any]:
        return write_bundle(c, WriteBundle(out, _chosen(services.settings), commands))

    run(context, work)


def _chosen(settings: Settings) -> ChosenSettings:
    from vzctl.usecases.support.settings import ChosenSettings

    live = settings.live
    return ChosenSettings(
        listed=tuple((name, item.value, item.source == "default") for name, item in settings.listed()),
        base_urls=tuple(live.provider_urls),
        mint_commands=tuple(live.mint_commands),
        revoke_commands=tuple(live.revoke_commands),
        present={
            "secrets.exec": settings.secrets.exec is not None,
            "secrets.file.recipients": bool(settings.secrets.recipients),
            "secrets.file.identity_file": settings.secrets.identity_file is not None,
            "secrets.env": bool(settings.secrets.variables),
            "astra.devops_url": live.devops_url is not None,
            "astra.data_api_hosts": bool(live.data_api_hosts),
            "trust.hosts": bool(live.trusted_hosts),
            "astra.cli_profile": live.cli_profile != "default",
        },
        environ=settings.environ,
    )
