"""Run one use case for one command line: settings, context, outcome, rendering, exit status."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from vzctl.cli.flags import ChangeCommand, Invocation, flags_of
from vzctl.cli.options import TAKES_TOKEN
from vzctl.command import select, selected
from vzctl.errors import ENDING_SIGNALS, ExitStatus

if TYPE_CHECKING:
    from vzctl.cli.wiring import Services
    from vzctl.usecases.context import Context
    from vzctl.usecases.diagnosis.result import Diagnosis
    from vzctl.usecases.outcome import Outcome

Work = Callable[["Context", "Services"], "Outcome[Any]"]
StreamWork = Callable[["Context", "Services", Callable[["Diagnosis"], None]], "Outcome[Any]"]


def run(
    context: typer.Context, work: Work, *, walks: bool = False, shows: bool = False, token_variable: str | None = None
) -> None:
    """Do the work and show its outcome; end with the outcome's exit status when that is not OK.

    `walks` defers signals to the end of a rotation's current step. `shows`: a person asked to see the data, although
    something changes; not once more when it was shown before a question. `token_variable` is that of `--token-env`.
    """
    from vzctl.cli.wiring import Services
    from vzctl.render.show import show_outcome

    flags = flags_of(context)
    services = Services(flags, command_words(context))
    # What names no variable may be the token itself, and is not repeated.
    named = token_variable if token_variable and token_variable in services.settings.environ else None
    select(replace(selected(), token_variable=named, takes_token=TAKES_TOKEN))
    if flags.verbose:
        services.say(f"state: {services.settings.state.value} (from {services.settings.state.source})")
    services.token_variable = token_variable
    made = services.context()
    try:
        with services.interrupts.deferred() if walks else contextlib.nullcontext():
            outcome = work(made, services)
    finally:
        # The boundary must be able to say that a command which failed had changed something.
        invocation = context.ensure_object(Invocation)
        invocation.has_changed = made.state_store.write_count > 0
        invocation.signal = services.interrupts.received
        services.close()
    status = outcome.status
    if status is ExitStatus.INTERRUPTED and services.interrupts.received is not None:
        status = ENDING_SIGNALS[services.interrupts.received]
        outcome = replace(outcome, status=status)
    show_outcome(
        outcome,
        command=dotted(context),
        settings=services.settings,
        quiet=flags.quiet and not flags.dry_run,  # what a dry run says is its result
        reads=not services.has_shown and (shows or not isinstance(context.command, ChangeCommand)),
    )
    if status is not ExitStatus.OK:
        raise typer.Exit(int(status))


def stream(context: typer.Context, work: StreamWork) -> None:
    """Do work that shows one thing after the other while it goes on; end with the outcome's exit status."""
    from vzctl.cli.wiring import Services
    from vzctl.render.show import talk
    from vzctl.render.stream import StreamPrinter

    flags = flags_of(context)
    services = Services(flags, command_words(context))
    printer = StreamPrinter(dotted(context), services.settings)
    outcome = work(services.context(), services, printer.show)
    if not flags.quiet and services.settings.output.value != "json":
        talk(outcome)
    if outcome.status is not ExitStatus.OK:
        raise typer.Exit(int(outcome.status))


def command_words(context: typer.Context) -> str:
    """Return `credentials add`: the words of the command without its arguments, for audit and lock."""
    words = []
    current: Any = context
    while current is not None and current.parent is not None:
        words.append(str(current.info_name))
        current = current.parent
    return " ".join(reversed(words))


def dotted(context: typer.Context) -> str:
    """Return `credentials.add`, the command's name in JSON."""
    return command_words(context).replace(" ", ".")


def is_dry_run(context: typer.Context) -> bool:
    """Whether `--dry-run` was given."""
    return flags_of(context).dry_run
