"""`vzctl secrets`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import CredentialArgument, SecretEnvOption, SecretFileOption, SecretStdinOption
from vzctl.cli.run import is_dry_run, run
from vzctl.cli.secret_input import SecretFlags
from vzctl.command import suggest
from vzctl.errors import InputRequiredError, UsageError

if TYPE_CHECKING:
    from vzctl.cli.wiring import Services
    from vzctl.usecases.context import Context
    from vzctl.usecases.outcome import Outcome

app = noun("secrets")
tokens = noun("token", "The Astra token in the secret store.")
app.add_typer(tokens)


@reads(app, "status")
def status(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Ask the store for each secret.")] = False,
) -> None:
    """Show which store is used and what it is believed to hold."""
    from vzctl.usecases.secrets.status import secrets_status

    run(context, lambda c, _: secrets_status(c, check=check))


@reads(app, "test")
def test(context: typer.Context) -> None:
    """Write, read back and delete a test item."""
    from vzctl.usecases.secrets.test import test_store

    run(context, lambda c, _: test_store(c))


@changes(app, "identity")
def identity(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to make.", show_default=False)],
) -> None:
    """Make a private key for the file store; prints the configuration that uses it. Never replaces a file."""
    from vzctl.settings import config_path
    from vzctl.usecases.secrets.identity import MakeIdentity, make_identity

    if not file.strip() or "\0" in file:
        raise UsageError("name a file; an empty text is none: is a shell variable unset?", code="USAGE")

    def work(c: Context, services: Services) -> Outcome[Any]:
        request = MakeIdentity(file, config_path(services.settings.environ), is_dry_run(context))
        return make_identity(c, request)

    run(context, work)


@changes(app, "put")
def put(
    context: typer.Context,
    name: CredentialArgument,
    secret_stdin: SecretStdinOption = False,
    secret_file: SecretFileOption = None,
    secret_env: SecretEnvOption = None,
) -> None:
    """Hold the current key of a credential whose key was not held here; not a rotation."""
    from vzctl.usecases.secrets.put import PutSecret, put_secret

    given = SecretFlags(secret_stdin, secret_file, secret_env)

    def work(c: Context, services: Services) -> Outcome[Any]:
        dry_run = is_dry_run(context)
        source = _never if dry_run else services.secret_source(given, prompt="Current key: ", credential=name)
        return put_secret(c, PutSecret(name, source, dry_run))

    run(context, work)


@changes(tokens, "put")
def token_put(
    context: typer.Context,
    secret_stdin: SecretStdinOption = False,
    secret_file: SecretFileOption = None,
    secret_env: SecretEnvOption = None,
) -> None:
    """Keep an Astra token, or that of a self-hosted Data API, in the secret store; replaces the one that is there.

    It is used when neither --token-env, ASTRA_DB_APPLICATION_TOKEN nor ASTRA_TOKEN_FILE has one.
    """
    from vzctl.usecases.secrets.token import PutToken, put_token

    given = SecretFlags(secret_stdin, secret_file, secret_env)

    def work(c: Context, services: Services) -> Outcome[Any]:
        dry_run = is_dry_run(context)
        source = _never if dry_run else services.secret_source(given, prompt="Astra token: ")
        return put_token(c, PutToken(source, dry_run))

    run(context, work)


@changes(tokens, "drop")
def token_drop(context: typer.Context) -> None:
    """Delete the Astra token from the secret store. At Astra it stays valid until it is deleted there."""
    from vzctl.usecases.secrets.token import drop_token

    run(context, lambda c, _: drop_token(c, dry_run=is_dry_run(context)))


@changes(app, "reveal")
def reveal(
    context: typer.Context,
    name: CredentialArgument,
    which: Annotated[str, typer.Option("--which", metavar="current|previous|pending", help="Which key.")] = "current",
) -> None:
    """Show a key in clear text, at a terminal only, after its name was typed; the audit records it."""
    from vzctl.usecases.secrets.reveal import reveal_secret

    if which not in ("current", "previous", "pending"):
        raise UsageError("--which is current, previous or pending", code="USAGE")

    def work(c: Context, services: Services) -> Outcome[Any]:
        if services.settings.output.value != "human" or not sys.stdout.isatty():
            raise InputRequiredError(
                "a secret is revealed at a terminal only, not into a pipe, a file or JSON",
                code="TERMINAL_REQUIRED",
                next_steps=(suggest("secrets reveal", name, comment="at a terminal"),),
            )
        return reveal_secret(c, name, which=which)

    run(context, work, shows=True)


@changes(app, "migrate")
def migrate(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Option("--source", metavar="keyring|exec|file|env", help="The store to copy from.", show_default=False),
    ],
    delete_source: Annotated[
        bool, typer.Option("--delete-source", help="Delete there after everything was read back.")
    ] = False,
) -> None:
    """Copy every held secret from another store into the configured one."""
    from vzctl.usecases.secrets.migrate import migrate_secrets

    def work(c: Context, services: Services) -> Outcome[Any]:
        return migrate_secrets(
            c, lambda: services.open_store(source), delete_source=delete_source, dry_run=is_dry_run(context)
        )

    run(context, work)


@changes(app, "purge")
def purge(context: typer.Context) -> None:
    """Delete from the store what nothing needs any more."""
    from vzctl.usecases.secrets.purge import purge_secrets

    run(context, lambda c, _: purge_secrets(c, dry_run=is_dry_run(context)))


def _never() -> Any:
    raise AssertionError("a dry run reads no secret")
