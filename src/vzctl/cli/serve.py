"""`vzctl serve`."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated, Any

import typer

from vzctl.cli.flags import flags_of
from vzctl.cli.noun import noun, reads
from vzctl.cli.options import DatabaseOption
from vzctl.cli.run import command_words
from vzctl.errors import NextStep, UsageError

app = noun("serve")


@reads(app, "run")
def run_(
    context: typer.Context,
    bind: Annotated[str, typer.Option("--bind", metavar="HOST:PORT", help="Where to listen.")] = "127.0.0.1:8084",
    database: DatabaseOption = None,
    tls_cert: Annotated[
        str | None, typer.Option("--tls-cert", metavar="FILE", help="The certificate, PEM.", show_default=False)
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option("--tls-key", metavar="FILE", help="Its private key, PEM.", show_default=False)
    ] = None,
    client_ca: Annotated[
        str | None,
        typer.Option(
            "--client-ca",
            metavar="FILE",
            help="Believe client certificates of this authority, PEM.",
            show_default=False,
        ),
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Beyond loopback without TLS.")] = False,
) -> None:
    """Serve stored credentials to self-hosted Data APIs until stopped. With --database, no token is asked for."""
    from pathlib import Path

    from vzctl.cli.wiring import World

    flags = flags_of(context)
    # Nobody is there to unlock a keyring while a Data API waits.
    flags.settings["no_input"] = "true"
    world = World(flags, command_words(context))
    made = world.context()
    server = _server()

    def load_state() -> Any:
        # A new file object each time: the path may be a link that leads somewhere else by then.
        return world.context().state_file.read()

    server.run_service(
        made,
        server.RunService(bind, database, tls_cert, tls_key, client_ca, insecure),
        server.Surroundings(
            environ=world.settings.environ,
            write_line=_write_line,
            load_state=load_state,
            state_path=Path(world.settings.state.value),
            is_verbose=flags.verbose,
        ),
    )


def _server() -> Any:
    """Return the module that needs the extra."""
    try:
        from vzctl.service import server
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("vzctl"):
            raise
        raise UsageError(
            f'vzctl serve run needs the library "{error.name}"',
            code="EXTRA_MISSING",
            next_steps=(NextStep("pip install 'vzctl[serve]'", "install it"),),
        ) from None
    return server


def _write_line(line: str) -> None:
    # Nobody there to read the log is no reason to stop serving.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
