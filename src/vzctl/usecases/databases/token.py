"""Service tokens: how the credential service knows which self-hosted database is asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.usecases.outcome import Columns
from vzctl.usecases.views import DatabaseRef


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One service token; the token itself is not kept, so nobody can show it again."""

    id: str
    database: DatabaseRef
    created_at: datetime
    last_used_at: datetime | None
    note: str | None

    columns: ClassVar[Columns] = (
        ("ID", "id"),
        ("DATABASE", "database_name"),
        ("CREATED", "created_at"),
        ("LAST USED", "last_used_at"),
        ("NOTE", "note"),
    )

    @property
    def database_name(self) -> str:
        """The database's name, for tables."""
        return self.database.name


@dataclass(frozen=True, slots=True)
class TokenList:
    """Service tokens."""

    tokens: tuple[TokenRow, ...]
