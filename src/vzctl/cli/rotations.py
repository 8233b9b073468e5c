"""`vzctl rotations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vzctl.cli.noun import changes, noun, reads
from vzctl.cli.options import RotationArgument, SecretEnvOption, SecretFileOption, SecretStdinOption, TokenEnvOption
from vzctl.cli.rotation_options import SkipLookOption, UntilOption, WaitOption, step_to_stop_at, verification
from vzctl.cli.run import is_dry_run, run
from vzctl.cli.secret_input import SecretFlags
from vzctl.errors import UsageError

if TYPE_CHECKING:
    from vzctl.cli.wiring import Services
    from vzctl.domain.state.records import Step
    from vzctl.usecases.context import Context
    from vzctl.usecases.outcome import Outcome

app = noun("rotations")

AttestOption = Annotated[
    list[str] | None,
    typer.Option(
        "--attest",
        metavar="revoked|removed|recreated|scoped",
        help="Say that this step of a person is done; may be repeated.",
        show_default=False,
    ),
]
TakeOverOption = Annotated[
    bool, typer.Option("--take-over", help="Go on with a rotation that was begun on another host.")
]


@reads(app, "list")
def list_(
    context: typer.Context, open_: Annotated[bool, typer.Option("--open", help="Only those that are open.")] = False
) -> None:
    """List rotations, oldest first."""
    from vzctl.usecases.rotations.list import list_rotations

    run(context, lambda c, _: list_rotations(c, only_open=open_))


@reads(app, "show")
def show(context: typer.Context, rotation: RotationArgument) -> None:
    """Show where a rotation stands, and what a person does next."""
    from vzctl.usecases.rotations.show import show_rotation

    run(context, lambda c, _: show_rotation(c, rotation))


@changes(app, "resume")
def resume(
    context: typer.Context,
    rotation: RotationArgument,
    attest: AttestOption = None,
    secret_stdin: SecretStdinOption = False,
    secret_file: SecretFileOption = None,
    secret_env: SecretEnvOption = None,
    replace_secret: Annotated[
        bool, typer.Option("--replace-secret", help="Take another new key than the one it began with.")
    ] = False,
    skip_test: Annotated[
        bool, typer.Option("--skip-test", help="With --replace-secret: do not test the new key.")
    ] = False,
    take_over: TakeOverOption = False,
    until: UntilOption = None,
    wait: WaitOption = 120.0,
    skip_look: SkipLookOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Go on with a rotation from wherever it stands; running it twice is harmless."""
    from vzctl.usecases.rotations.resume import ResumeRotation, resume_rotation

    given = SecretFlags(secret_stdin, secret_file, secret_env)
    if replace_secret and is_dry_run(context):
        raise UsageError("--replace-secret has no dry run", code="USAGE")

    def work(c: Context, services: Services) -> Outcome[Any]:
        dry_run = is_dry_run(context)
        can_ask = not dry_run and (given.chosen or replace_secret or services.prompter.is_interactive)
        source = services.secret_source(given, prompt="New key: ") if can_ask else None
        request = ResumeRotation(
            name=rotation,
            source=source,
            attests=_steps(attest),
            replace_secret=replace_secret,
            skip_test=skip_test,
            take_over=take_over,
            verification=verification(wait, skip_look=skip_look),
            until=step_to_stop_at(until),
            dry_run=dry_run,
        )
        return resume_rotation(c, request)

    run(context, work, walks=True, token_variable=token_env)


@changes(app, "rollback")
def rollback(
    context: typer.Context,
    rotation: RotationArgument,
    attest: AttestOption = None,
    take_over: TakeOverOption = False,
    wait: WaitOption = 120.0,
    skip_look: SkipLookOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Take a rotation back to the old key, while that is still held."""
    from vzctl.usecases.rotations.rollback import RollBackRotation, roll_back_rotation

    def work(c: Context, _: Services) -> Outcome[Any]:
        request = RollBackRotation(
            name=rotation,
            attests=_steps(attest),
            take_over=take_over,
            verification=verification(wait, skip_look=skip_look),
            dry_run=is_dry_run(context),
        )
        return roll_back_rotation(c, request)

    run(context, work, walks=True, token_variable=token_env)


def _steps(words: list[str] | None) -> tuple[Step, ...]:
    from vzctl.domain.rotation.machine import PERSON_STEPS

    by_word = {step.lower(): step for step in PERSON_STEPS}
    for word in words or ():
        if word not in by_word:
            raise UsageError(f"{word[:40]!a} is no step of a person; choose {', '.join(by_word)}", code="USAGE")
    return tuple(by_word[word] for word in words or ())
