"""`vzctl credentials`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vzctl.cli.dates import parse_moment
from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import (
    BatchOption,
    CredentialArgument,
    DatabaseOption,
    DimensionOption,
    IfExists,
    IfExistsOption,
    IfMissing,
    IfMissingOption,
    JobsOption,
    MaximumAgeOption,
    ModelOption,
    NoteOption,
    ParameterOption,
    ProviderOption,
    SecretEnvOption,
    SecretFileOption,
    SecretStdinOption,
    SetAtOption,
    SlotOption,
    TokenEnvOption,
)
from vzctl.cli.rotation_options import SkipLookOption, UntilOption, WaitOption, step_to_stop_at, verification
from vzctl.cli.run import is_dry_run, run
from vzctl.cli.secret_input import SecretFlags
from vzctl.errors import UsageError

if TYPE_CHECKING:
    from vzctl.cli.wiring import Services
    from vzctl.usecases.context import Context
    from vzctl.usecases.credentials.rotate import RotateCredential
    from vzctl.usecases.outcome import Outcome

app = noun("credentials")

OptionalName = Annotated[
    str | None, typer.Argument(metavar="CREDENTIAL", help="The credential's name.", show_default=False)
]
OptionalNewName = Annotated[
    str | None,
    typer.Argument(metavar="NEW_NAME", help="1-50 characters: letters, digits, '.', '_' and '-'.", show_default=False),
]
ScopeOption = Annotated[
    list[str] | None,
    typer.Option("--scope", metavar="DB", help="A database that may use it; may be repeated.", show_default=False),
]


LikeOption = Annotated[
    str | None,
    typer.Option(
        "--like",
        metavar="CREDENTIAL",
        help="Take the provider and the scope of this credential; --scope adds to it.",
        show_default=False,
    ),
]


@reads(app, "list")
def list_(
    context: typer.Context,
    provider: ProviderOption = None,
    database: DatabaseOption = None,
    due: Annotated[bool, typer.Option("--due", help="Only keys that are too old, or of unknown age.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 20 when a listed key is due.")] = False,
) -> None:
    """List credentials: all, those of a provider, those available to a database, or those that are due."""
    from vzctl.usecases.credentials.list import ListCredentials, list_credentials

    request = ListCredentials(provider, database, due, exit_code)
    run(context, lambda c, _: list_credentials(c, request))


@changes(app, "add")
def add(
    context: typer.Context,
    name: OptionalNewName = None,
    provider: ProviderOption = None,
    scope: ScopeOption = None,
    like: LikeOption = None,
    secret_stdin: SecretStdinOption = False,
    secret_file: SecretFileOption = None,
    secret_env: SecretEnvOption = None,
    no_secret: Annotated[bool, typer.Option("--no-secret", help="Record it without its key.")] = False,
    note: NoteOption = None,
    max_age_days: MaximumAgeOption = None,
    slot: SlotOption = None,
    set_at: SetAtOption = None,
    from_file: BatchOption = None,
    if_exists: IfExistsOption = IfExists.FAIL,
) -> None:
    """Add a credential; enables its integration when that is missing."""
    from vzctl.usecases.credentials.add import AddCredential, add_credential

    given = SecretFlags(secret_stdin, secret_file, secret_env)
    if any(not item.strip() for item in scope or ()):
        raise UsageError("--scope is an empty text: is a shell variable unset?", code="DATABASE_EMPTY")

    def work(c: Context, services: Services) -> Outcome[Any]:
        if from_file is not None:
            if name is not None or provider is not None or given.chosen or no_secret or scope or like:
                raise UsageError(
                    "--from takes everything from the file; give no name, provider, scope or secret", code="USAGE"
                )
            if any(item is not None for item in (note, max_age_days, slot, set_at)):
                raise UsageError(
                    "--from takes note, max_age_days and slot from the file, and has no --set-at", code="USAGE"
                )
            return _add_batch(c, services, from_file, if_exists, is_dry_run(context))
        if name is None or (provider is None and like is None):
            raise UsageError(
                "give the credential's name and --provider or --like CREDENTIAL, or --from FILE", code="USAGE"
            )
        if no_secret and given.chosen:
            raise UsageError("give --no-secret or a secret, not both", code="USAGE")
        source = None
        if not no_secret and not is_dry_run(context):
            source = services.secret_source(given, prompt=f"Key of {_shown(name)}: ", credential=name)
        request = AddCredential(
            name=name,
            provider=provider,
            source=source,
            databases=scope or (),
            like=like,
            note=note,
            max_age_days=max_age_days,
            slot=slot,
            set_at=parse_moment(set_at),
            if_exists=if_exists.value,
            dry_run=is_dry_run(context),
        )
        return add_credential(c, request)

    run(context, work)


@reads(app, "show")
def show(context: typer.Context, name: CredentialArgument) -> None:
    """Show a credential: scope, dependants, versions. Never the secret."""
    from vzctl.usecases.credentials.show import show_credential

    run(context, lambda c, _: show_credential(c, name))


@changes(app, "edit")
def edit(
    context: typer.Context,
    name: CredentialArgument,
    note: NoteOption = None,
    max_age_days: MaximumAgeOption = None,
    slot: SlotOption = None,
    set_at: SetAtOption = None,
) -> None:
    """Change metadata; never the name, the provider or the secret."""
    from vzctl.usecases.credentials.edit import EditCredential, edit_credential

    request = EditCredential(name, note, max_age_days, slot, parse_moment(set_at), is_dry_run(context))
    run(context, lambda c, _: edit_credential(c, request))


@changes(app, "rotate")
def rotate(
    context: typer.Context,
    name: OptionalName = None,
    secret_stdin: SecretStdinOption = False,
    secret_file: SecretFileOption = None,
    secret_env: SecretEnvOption = None,
    skip_test: Annotated[
        bool, typer.Option("--skip-test", help="Do not test the new key before it is put into service.")
    ] = False,
    leaked: Annotated[bool, typer.Option("--leaked", help="The old key is known to others: no rollback.")] = False,
    revoke_first: Annotated[
        bool, typer.Option("--revoke-first", help="With --leaked: revoke the old key before anything else.")
    ] = False,
    minimum_scope: Annotated[
        bool, typer.Option("--minimum-scope", help="Keep only the scope that dependants need.")
    ] = False,
    slot: SlotOption = None,
    from_file: BatchOption = None,
    mint: Annotated[bool, typer.Option("--mint", help="Let [rotation.mint] make the new key.")] = False,
    until: UntilOption = None,
    wait: WaitOption = 120.0,
    skip_look: SkipLookOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Give a credential a new key under its own name and scope. --dry-run shows the plan."""
    from vzctl.usecases.credentials.rotate import RotateCredential

    given = SecretFlags(secret_stdin, secret_file, secret_env)
    _require_leaked(leaked=leaked, revoke_first=revoke_first)
    if mint and given.chosen:
        raise UsageError("give --mint or a secret, not both", code="USAGE")

    def work(c: Context, services: Services) -> Outcome[Any]:
        request = RotateCredential(
            name=name or "",
            source=_never,
            skip_test=skip_test,
            leaked=leaked,
            revoke_first=revoke_first,
            minimum_scope=minimum_scope,
            slot=slot,
            verification=verification(wait, skip_look=skip_look),
            until=step_to_stop_at(until),
            dry_run=is_dry_run(context),
        )
        if from_file is not None:
            if name is not None or given.chosen:
                raise UsageError(
                    "--from takes names and secrets from the file; give no name and no secret", code="USAGE"
                )
            return _rotate_batch(c, services, from_file, request, mint=mint)
        if name is None:
            raise UsageError("give the credential's name, or --from FILE", code="USAGE")
        return _rotate_one(c, services, request, given, mint=mint)

    run(context, work, walks=True, token_variable=token_env)


def _rotate_one(
    c: Context, services: Services, request: RotateCredential, given: SecretFlags, *, mint: bool
) -> Outcome[Any]:
    from vzctl.usecases.credentials.rotate import rotate_credential
    from vzctl.usecases.credentials.rotate_minted import rotate_minted

    c.state_store.read()  # a state that cannot be read ends this before a key is asked for
    if request.dry_run:
        return rotate_credential(c, request)
    if mint:
        return rotate_minted(c, request)
    source = services.secret_source(given, prompt=f"New key of {_shown(request.name)}: ")
    return rotate_credential(c, replace(request, source=source))


def _require_leaked(*, leaked: bool, revoke_first: bool) -> None:
    if revoke_first and not leaked:
        raise UsageError(
            "--revoke-first goes with --leaked; otherwise the old key is revoked last, so that nothing stops",
            code="USAGE",
        )


@reads(app, "find")
def find(
    context: typer.Context,
    secret_stdin: SecretStdinOption = False,
    secret_file: SecretFileOption = None,
    secret_env: SecretEnvOption = None,
) -> None:
    """Find which credentials hold or held a key, for instance one that leaked."""
    from vzctl.usecases.credentials.find import find_credentials

    given = SecretFlags(secret_stdin, secret_file, secret_env)
    run(context, lambda c, services: find_credentials(c, services.secret_source(given, prompt="Key to look for: ")))


@reads(app, "verify")
def verify(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="CREDENTIAL", help="Credentials.", show_default=False)
    ] = None,
    all_credentials: Annotated[bool, typer.Option("--all", help="All credentials in the state.")] = False,
    level: Annotated[int, typer.Option("--level", metavar="1|2", help="1: who is this key; 2: embed one word.")] = 2,
    jobs: JobsOption = 8,
    wake: Annotated[bool, typer.Option("--wake", help="Also where a request may start a paid endpoint.")] = False,
    model: ModelOption = None,
    dimension: DimensionOption = None,
    parameter: ParameterOption = None,
) -> None:
    """Test keys at their providers, for what their dependants declare; a service without them can be given."""
    from vzctl.cli.service_options import service_of
    from vzctl.usecases.credentials.verify import VerifyCredentials, verify_credentials

    request = VerifyCredentials(
        names=names or (),
        all_credentials=all_credentials,
        level=level,
        jobs=jobs,
        wake=wake,
        service=service_of(None, model, dimension, None, False, parameter),
    )
    run(context, lambda c, _: verify_credentials(c, request))


@changes(app, "remove")
def remove(
    context: typer.Context,
    name: CredentialArgument,
    keep_secret: Annotated[bool, typer.Option("--keep-secret", help="Leave its bytes in the secret store.")] = False,
    if_missing: IfMissingOption = IfMissing.FAIL,
) -> None:
    """Remove a credential; shows everything that loses $vectorize. --dry-run shows only that."""
    from vzctl.usecases.credentials.remove import RemoveCredential, remove_credential

    request = RemoveCredential(name, if_missing.value, keep_secret, is_dry_run(context))
    run(context, lambda c, _: remove_credential(c, request))


def _add_batch(c: Context, services: Services, path: str, if_exists: IfExists, dry_run: bool) -> Outcome[Any]:
    from vzctl.cli.batch_file import read_batch
    from vzctl.usecases.credentials.add import AddCredential
    from vzctl.usecases.credentials.add_batch import add_credentials

    requests = []
    with services.interrupts.waiting():
        lines = read_batch(path)
    for line in lines:
        if line.provider is None:
            raise UsageError(f'the batch names no provider for "{line.name}"', code="BATCH_INVALID")
        source = services.secret_source(line.secret, prompt="") if line.secret is not None else None
        requests.append(
            AddCredential(
                line.name,
                line.provider,
                source,
                line.databases,
                line.note,
                line.max_age_days,
                line.slot,
                None,
                if_exists.value,
                dry_run,
            )
        )
    return add_credentials(c, requests)


def _rotate_batch(c: Context, services: Services, path: str, request: RotateCredential, *, mint: bool) -> Outcome[Any]:
    """Rotate what the file names, each like `request`; with `mint` it names no secrets."""
    from vzctl.cli.batch_file import read_batch
    from vzctl.usecases.credentials.rotate import rotate_batch
    from vzctl.usecases.credentials.rotate_minted import rotate_batch_minted

    if request.revoke_first or request.slot is not None:
        raise UsageError("--revoke-first and --slot are for one credential, not for --from", code="USAGE")
    with services.interrupts.waiting():
        lines = read_batch(path, needs_secrets=not mint)
    requests = []
    for line in lines:
        if (line.secret is None) != mint or line.provider is not None or line.databases:
            needed = "no secret with --mint" if mint else "secret_env or secret_file"
            raise UsageError(
                f'a rotation of "{line.name}" needs {needed}, and neither provider nor databases', code="BATCH_INVALID"
            )
        source = _never if line.secret is None else services.secret_source(line.secret, prompt="")
        requests.append(replace(request, name=line.name, source=source, slot=line.slot))
    return rotate_batch_minted(c, requests) if mint else rotate_batch(c, requests)


def _shown(name: str) -> str:
    return name if name.isprintable() else ascii(name)


def _never() -> Any:
    raise AssertionError("nothing reads a secret here")
