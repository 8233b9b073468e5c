"""The global flags: accepted before and after every subcommand, collected in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from vzctl import __version__
from vzctl.cli.parameters import unconverted
from vzctl.command import Selection, select

GLOBAL_HEADING: Final = "Global options"
CHANGE_HEADING: Final = "Options of every change"
_META_KEY: Final = "vzctl.flags"
_SELECTING: Final = ("profile", "state")
"""What a command acts on: commands that are printed repeat it. A relative path means the same in the same directory."""


@dataclass(slots=True)
class Flags:
    """What was typed. `settings` are strings by setting name, decided by `vzctl.settings`."""

    settings: dict[str, str] = field(default_factory=dict)
    quiet: bool = False
    verbose: bool = False
    yes: bool = False
    dry_run: bool = False
    confirm: str | None = None


@dataclass(slots=True)
class Invocation:
    """The words of a command line, and for its end: whether the state was changed, and the signal that was received."""

    words: list[str] = field(default_factory=list)
    has_changed: bool = False
    signal: int | None = None


def flags_of(context: typer.Context) -> Flags:
    """Return the flags of this run; one object for the whole command line."""
    meta: dict[str, Any] = context.find_root().meta
    flags: Flags = meta.setdefault(_META_KEY, Flags())
    return flags


class _TakesGlobalFlags:
    """What commands and nouns have in common: the global flags, and a help that lists them last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "rich_markup_mode": None})
        self.params: list[Any] = [*self.params, *global_options()]
        unconverted(self.params)

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that Typer makes for the help."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        unconverted([option])
        return option

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """List a command's own options first; the same for every command come last, under their own heading."""
        write_options(self, ctx, formatter)


class Command(_TakesGlobalFlags, TyperCommand):
    """A command that reads: takes the global flags behind its name too."""


class ChangeCommand(Command):
    """A command that changes something: takes `--yes`, `--confirm` and `--dry-run` as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(change_options())


class Group(_TakesGlobalFlags, TyperGroup):
    """A noun: takes the global flags between noun and verb; bare, it prints its help."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Print commands before the options that are the same everywhere."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)


@cache
def global_options() -> tuple[Any, ...]:
    """Return the options that every command and every noun takes; one set of objects for all of them."""
    return _options_of(_declare_global)


@cache
def change_options() -> tuple[Any, ...]:
    """Return the options of every command that changes something."""
    return _options_of(_declare_change)


@cache
def version_option() -> Any:
    """Return `-V/--version`."""
    (option,) = _options_of(_declare_version)
    return option


def write_options(command: Any, ctx: Any, formatter: Any) -> None:
    """Write a command's options in three blocks: its own, those of every change, the global ones."""
    changes = {name for option in change_options() for name in option.opts}
    shared = {name for option in global_options() for name in option.opts}
    blocks: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], CHANGE_HEADING: [], GLOBAL_HEADING: []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter.opts[0] in changes:
            heading = CHANGE_HEADING
        else:
            heading = GLOBAL_HEADING if parameter.opts[0] in shared else "Options"
        if parameter.param_type_name == "argument":
            heading, record = "Arguments", (parameter.metavar, record[1])  # some releases of Typer add the type
        blocks[heading].append(record)
    for heading, records in blocks.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl(records)


def _options_of(declaration: Callable[..., None]) -> tuple[Any, ...]:
    """Return the options that the parameters of a function declare.

    Typer makes them, because what the constructor of its option class takes changes from release to release.
    """
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(declaration)
    return tuple(typer.main.get_command(app).params)


def _setting(name: str, *names: str, metavar: str, help: str) -> Any:  # noqa: A002  (as Typer names it)
    def store(context: typer.Context, value: str | None) -> str | None:
        if value is not None:
            flags = flags_of(context)
            flags.settings[name] = value
            if name in _SELECTING:
                select(
                    Selection(tuple((f"--{key}", flags.settings[key]) for key in _SELECTING if key in flags.settings))
                )
        return value

    return typer.Option(*names, callback=store, metavar=metavar, help=help, expose_value=False, show_default=False)


def _value(store: Callable[[Flags, str], None], *names: str, metavar: str, help: str) -> Any:  # noqa: A002
    def callback(context: typer.Context, value: str | None) -> str | None:
        if value is not None:
            store(flags_of(context), value)
        return value

    return typer.Option(*names, callback=callback, metavar=metavar, help=help, expose_value=False, show_default=False)


def _switch(store: Callable[[Flags], None], *names: str, help: str) -> Any:  # noqa: A002
    def callback(context: typer.Context, value: bool) -> bool:
        if value:
            store(flags_of(context))
        return value

    return typer.Option(*names, callback=callback, help=help, expose_value=False, show_default=False)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"vzctl {__version__}")
        raise typer.Exit


def _no_input(flags: Flags) -> None:
    flags.settings["no_input"] = "true"


def _quiet(flags: Flags) -> None:
    flags.quiet = True


def _verbose(flags: Flags) -> None:
    flags.verbose = True


def _yes(flags: Flags) -> None:
    flags.yes = True


def _dry_run(flags: Flags) -> None:
    flags.dry_run = True


def _confirm(flags: Flags, name: str) -> None:
    flags.confirm = name


def _declare_global(
    state: Annotated[
        str | None, _setting("state", "--state", metavar="FILE", help="The state file.  [VZCTL_STATE]")
    ] = None,
    profile: Annotated[
        str | None, _setting("profile", "--profile", metavar="TEXT", help="The profile.  [VZCTL_PROFILE]")
    ] = None,
    output: Annotated[
        str | None,
        _setting("output", "-o", "--output", metavar="human|plain|json", help="Output format.  [VZCTL_OUTPUT]"),
    ] = None,
    color: Annotated[
        str | None, _setting("color", "--color", metavar="auto|always|never", help="Color.  [VZCTL_COLOR]")
    ] = None,
    lock_timeout: Annotated[
        str | None,
        _setting("lock_timeout", "--lock-timeout", metavar="SECONDS", help="Wait for the lock.  [VZCTL_LOCK_TIMEOUT]"),
    ] = None,
    no_input: Annotated[bool, _switch(_no_input, "--no-input", help="Never prompt.  [VZCTL_NO_INPUT]")] = False,
    quiet: Annotated[bool, _switch(_quiet, "-q", "--quiet", help="Print results and errors only.")] = False,
    verbose: Annotated[bool, _switch(_verbose, "-v", "--verbose", help="Say more.")] = False,
) -> None:
    """Declare the global options."""


def _declare_change(
    yes: Annotated[bool, _switch(_yes, "-y", "--yes", help="Answer yes to moderate questions.")] = False,
    confirm: Annotated[
        str | None,
        _value(_confirm, "--confirm", metavar="TEXT", help="Answer a severe question: the name it asks for."),
    ] = None,
    dry_run: Annotated[
        bool, _switch(_dry_run, "-n", "--dry-run", help="Show what would happen, change nothing.")
    ] = False,
) -> None:
    """Declare the options of every change."""


def _declare_version(
    version: Annotated[
        bool,
        typer.Option(
            "-V",
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Print the version.",
            expose_value=False,
            show_default=False,
        ),
    ] = False,
) -> None:
    """Declare the option of the program alone."""
