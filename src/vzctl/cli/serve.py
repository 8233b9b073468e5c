"""`vzctl serve`."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated, Any

import typer

from vzctl.cli.flags import flags_of
from vzctl.cli.noun import noun, reads
from vzctl.cli.options import CheckExitCodeOption, DatabaseOption, not_empty
from vzctl.cli.run import command_words, run
from vzctl.command import suggest_program
from vzctl.errors import UsageError

app = noun("serve")

UrlOption = Annotated[str, typer.Option("--url", metavar="URL", help="The service, as the Data API reaches it.")]
TokenFileOption = Annotated[
    str | None,
    typer.Option("--token-file", metavar="FILE", help="The file with the service token.", show_default=False),
]


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
    from vzctl.cli.wiring import Services

    flags = flags_of(context)
    # Nobody is there to unlock a keyring while a Data API waits.
    flags.settings["no_input"] = "true"
    services = Services(flags, command_words(context))
    made = services.context()
    server = _server()

    server.run_service(
        made,
        server.RunService(bind, database, tls_cert, tls_key, client_ca, insecure),
        server.ServerEnvironment(
            environ=services.settings.environ,
            write_line=_write_line,
            open_state=services.open_state,
            is_verbose=flags.verbose,
        ),
    )


@reads(app, "config")
def config(
    context: typer.Context,
    database: Annotated[str, typer.Option("--database", metavar="DB", help="Whose Data API.", show_default=False)],
    form: Annotated[
        str, typer.Option("--format", metavar="properties|compose|kubernetes|systemd", help="In which form.")
    ] = "properties",
    freshness: Annotated[
        str | None,
        typer.Option(
            "--freshness",
            metavar="immediate|TIME",
            help="How long the Data API keeps a key; what is recorded, else immediate.",
            show_default=False,
        ),
    ] = None,
    url: UrlOption = "http://127.0.0.1:8084/v1",
    token_file: TokenFileOption = None,
    authority: Annotated[
        str | None,
        typer.Option(
            "--ca", metavar="PATH", help="Authority of the service's certificate, on its machine.", show_default=False
        ),
    ] = None,
    client_cert: Annotated[
        str | None,
        typer.Option("--client-cert", metavar="PATH", help="Its client certificate, there.", show_default=False),
    ] = None,
    client_key: Annotated[
        str | None, typer.Option("--client-key", metavar="PATH", help="Its key, there.", show_default=False)
    ] = None,
    write: Annotated[
        str | None,
        typer.Option(
            "--write",
            callback=not_empty,
            metavar="DIR",
            help="Write the files there, with the token.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show what to set on a Data API: service, token, vectorize, SHARED_SECRET, cache, TLS."""
    from vzctl.usecases.serve.config import ConfigureDataApi, configure_data_api

    request = ConfigureDataApi(
        reference=database,
        form=form,
        url=url,
        freshness=freshness,
        token_file=token_file,
        authority=authority,
        client_certificate=client_cert,
        client_key=client_key,
        folder=write,
    )
    run(context, lambda c, _: configure_data_api(c, request))


@reads(app, "check")
def check(
    context: typer.Context,
    url: UrlOption = "http://127.0.0.1:8084/v1",
    token_file: TokenFileOption = None,
    authority: Annotated[
        str | None,
        typer.Option(
            "--ca",
            callback=not_empty,
            metavar="FILE",
            help="Authority of the service's certificate.",
            show_default=False,
        ),
    ] = None,
    client_cert: Annotated[
        str | None,
        typer.Option(
            "--client-cert", callback=not_empty, metavar="FILE", help="A client certificate, PEM.", show_default=False
        ),
    ] = None,
    client_key: Annotated[
        str | None,
        typer.Option("--client-key", callback=not_empty, metavar="FILE", help="Its key, PEM.", show_default=False),
    ] = None,
    exit_code: CheckExitCodeOption = True,
) -> None:
    """Ask a running service as a Data API does, and say what would go wrong next. No key is fetched."""
    from vzctl.service.client import ClientOptions, ServiceClient
    from vzctl.usecases.serve.check import check_service

    options = ClientOptions(url=url, authority=authority, client_certificate=client_cert, client_key=client_key)
    run(context, lambda c, _: check_service(c, ServiceClient(options), token_file, exit_code=exit_code))


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
            next_steps=(suggest_program("pip", "install", "vzctl[serve]", comment="install it"),),
        ) from None
    return server


def _write_line(line: str) -> None:
    # Nobody there to read the log is no reason to stop serving.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
