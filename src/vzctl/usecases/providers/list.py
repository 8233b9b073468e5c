"""`vzctl providers list`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vzctl.domain.catalog.catalog import CATALOGUE
from vzctl.domain.catalog.provider import Provider
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """One provider in a list."""

    id: str
    display_name: str
    hosting: str
    authentication: tuple[str, ...]
    model_count: int

    columns: ClassVar[Columns] = (
        ("PROVIDER", "id"),
        ("NAME", "display_name"),
        ("HOSTING", "hosting"),
        ("AUTHENTICATION", "authentication"),
        ("MODELS", "model_count"),
    )


@dataclass(frozen=True, slots=True)
class ProviderList:
    """All providers."""

    providers: tuple[ProviderRow, ...]


def list_providers(_context: Context | None) -> Outcome[ProviderList]:
    """Return the catalogue; needs no state."""
    return Outcome(data=ProviderList(tuple(_row(provider) for provider in CATALOGUE)))


def _row(provider: Provider) -> ProviderRow:
    authentication = tuple(item.value for item in provider.authentication)
    return ProviderRow(provider.id, provider.display_name, provider.hosting.value, authentication, len(provider.models))
