"""How a noun and its verbs are declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer

from vzctl.cli.commands import SUMMARIES
from vzctl.cli.flags import ChangeCommand, Command, Group

F = TypeVar("F", bound=Callable[..., Any])


def noun(name: str, summary: str = "") -> typer.Typer:
    """Return the group of a noun; bare, it prints its help. One that is inside another noun brings its summary."""
    return typer.Typer(
        cls=Group,
        name=name,
        help=summary or SUMMARIES[name],
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )


def lone() -> typer.Typer:
    """Return what holds a command that has no noun."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)


def reads(app: typer.Typer, name: str, **attributes: Any) -> Callable[[F], F]:
    """Declare a verb that only reads."""
    return app.command(name, cls=Command, **attributes)


def changes(app: typer.Typer, name: str, **attributes: Any) -> Callable[[F], F]:
    """Declare a verb that changes something, with `--yes`, `--confirm` and `--dry-run`."""
    return app.command(name, cls=ChangeCommand, **attributes)
