"""The least Typer application once more, with pydantic's validation imported: what `credentials list` is compared with."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

__all__ = ["TypeAdapter", "ValidationError"]

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback()
def root() -> None:
    """A program with one command."""


@app.command("list")
def list_(output: Annotated[str, typer.Option("-o", "--output")] = "plain") -> None:
    """Print an empty document."""
    typer.echo("{}" if output == "json" else "")


if __name__ == "__main__":
    app()
