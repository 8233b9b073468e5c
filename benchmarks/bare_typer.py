"""The least that a Typer application can be: what `vzctl --help` and `vzctl --version` are compared with."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, add_completion=False)


def show_version(value: bool) -> None:
    """Print the version and end."""
    if value:
        typer.echo("bare 1.0")
        raise typer.Exit


@app.callback()
def root(version: Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True)] = False) -> None:
    """A program with one command."""


@app.command("list")
def list_(output: Annotated[str, typer.Option("-o", "--output")] = "plain") -> None:
    """Print an empty document."""
    typer.echo("{}" if output == "json" else "")


if __name__ == "__main__":
    app()
