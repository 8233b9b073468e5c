"""The global flags: accepted before and after every subcommand, collected in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from vzctl import __version__

GLOBAL_HEADING: Final = "Global options"
CHANGE_HEADING: Final = "Options of every change"
_META_KEY: Final = "vzctl.flags"


@dataclass(slots=True)
class Flags:
    """What was typed. `settings` are strings by setting name, decided by `vzctl.settings`."""

    settings: dict[str, str] = field(default_factory=dict)
    quiet: bool = False
    verbose: bool = False
    yes: bool = False
    dry_run: bool = False
    confirm: str | None = None


def flags_of(context: typer.Context) -> Flags:
    """Return the flags of this run; one object for the whole command line."""
    meta: dict[str, Any] = context.find_root().meta
    flags: Flags = meta.setdefault(_META_KEY, Flags())
    return flags


class Command(TyperCommand):
    """A command that reads: takes the global flags behind its name too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "rich_markup_mode": None})
        self.params.extend(global_options())

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """List a command's own options first; the same for every command come last, under their own heading."""
        write_options(self, ctx, formatter)


class ChangeCommand(Command):
    """A command that changes something: takes `--yes`, `--confirm` and `--dry-run` as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(change_options())


class Group(TyperGroup):
    """A noun: takes the global flags between noun and verb; bare, it prints its help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "rich_markup_mode": None})
        self.params.extend(global_options())

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Print commands before the options that are the same everywhere."""
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)


def global_options() -> list[TyperOption]:
    """Return new option objects for one command."""
    return [
        _setting("--state", name="state", metavar="FILE", help="The state file.  [VZCTL_STATE]"),
        _setting("--profile", name="profile", metavar="TEXT", help="The profile.  [VZCTL_PROFILE]"),
        _setting("-o", "--output", name="output", metavar="human|plain|json", help="Output format.  [VZCTL_OUTPUT]"),
        _setting("--color", name="color", metavar="auto|always|never", help="Color.  [VZCTL_COLOR]"),
        _setting(
            "--lock-timeout", name="lock_timeout", metavar="SECONDS", help="Wait for the lock.  [VZCTL_LOCK_TIMEOUT]"
        ),
        _switch("--no-input", store=_no_input, help="Never prompt.  [VZCTL_NO_INPUT]"),
        _switch("-q", "--quiet", store=_quiet, help="Print results and errors only."),
        _switch("-v", "--verbose", store=_verbose, help="Say more."),
    ]


def change_options() -> list[TyperOption]:
    """Return new option objects for one changing command."""
    return [
        _switch("-y", "--yes", store=_yes, help="Answer yes to moderate questions."),
        _value("--confirm", store=_confirm, metavar="TEXT", help="Answer a severe question: the name it asks for."),
        _switch("-n", "--dry-run", store=_dry_run, help="Show what would happen, change nothing."),
    ]


def version_option() -> TyperOption:
    """Return `-V/--version`."""

    def show(_context: typer.Context, _parameter: Any, value: bool) -> None:
        if value:
            typer.echo(f"vzctl {__version__}")
            raise typer.Exit

    return TyperOption(
        param_decls=["-V", "--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Print the version.",
    )


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
        blocks["Arguments" if parameter.param_type_name == "argument" else heading].append(record)
    for heading, records in blocks.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl(records)


def _setting(*names: str, name: str, **attributes: Any) -> TyperOption:
    def store(context: typer.Context, _parameter: Any, value: str | None) -> str | None:
        if value is not None:
            flags_of(context).settings[name] = value
        return value

    return TyperOption(param_decls=list(names), expose_value=False, callback=store, **attributes)


def _value(*names: str, store: Callable[[Flags, str], None], **attributes: Any) -> TyperOption:
    def callback(context: typer.Context, _parameter: Any, value: str | None) -> str | None:
        if value is not None:
            store(flags_of(context), value)
        return value

    return TyperOption(param_decls=list(names), expose_value=False, callback=callback, **attributes)


def _switch(*names: str, store: Callable[[Flags], None], **attributes: Any) -> TyperOption:
    def callback(context: typer.Context, _parameter: Any, value: bool) -> bool:
        if value:
            store(flags_of(context))
        return value

    return TyperOption(
        param_decls=list(names), is_flag=True, default=False, expose_value=False, callback=callback, **attributes
    )


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
