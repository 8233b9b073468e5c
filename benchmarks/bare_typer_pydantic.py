"""The bare Typer application once more, with pydantic's validation imported and not used."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from bare_typer import app

__all__ = ["TypeAdapter", "ValidationError"]

if __name__ == "__main__":
    app()
