"""Small shapes that several answers share. They are the machine contract: fields are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from vzctl.domain.portal import PortalVisit
from vzctl.domain.rules import service_text
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Dependent
from vzctl.usecases.outcome import Columns

if TYPE_CHECKING:
    from vzctl.domain.rotation.manual_steps import PendingStep


@dataclass(frozen=True, slots=True)
class DatabaseRef:
    """A database by id and by the shortest name that is not ambiguous."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ScopedDatabase:
    """A database in a scope, and how that is known. `refused_at`: since when it was seen to refuse the credential."""

    id: str
    name: str
    added_at: datetime
    evidence: str | None
    removal_wanted: bool
    refused_at: datetime | None

    columns: ClassVar[Columns] = (
        ("DATABASE", "name"),
        ("ID", "id"),
        ("ADDED", "added_at"),
        ("EVIDENCE", "evidence"),
        ("REMOVAL", "removal"),
        ("REFUSED", "refused_at"),
    )

    @property
    def removal(self) -> str | None:
        """`wanted` while a person's removal at the Portal is next."""
        return "wanted" if self.removal_wanted else None


@dataclass(frozen=True, slots=True)
class DependentRef:
    """A collection or column by address, with what it is attached to."""

    kind: str
    address: str
    provider: str | None
    authentication: str
    credential: str | None

    columns: ClassVar[Columns] = (
        ("KIND", "kind"),
        ("ADDRESS", "address"),
        ("PROVIDER", "provider"),
        ("AUTHENTICATION", "authentication"),
        ("CREDENTIAL", "credential"),
    )


def ending_text(last_four: str | None) -> str:
    """Return `…5678 ` for a sentence, or nothing where the last four characters of a key are unknown."""
    return f"…{last_four} " if last_four is not None else ""


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A step that waits for a person at the Portal."""

    id: str
    verb: str
    kind: str
    provider: str
    credential: str | None
    database: DatabaseRef | None
    wanted_at: datetime
    portal: PortalVisit

    columns: ClassVar[Columns] = (("ID", "id"), ("WHAT", "title"), ("WANTED", "wanted_at"))

    @property
    def title(self) -> str:
        """What is to be done, in one line."""
        return self.portal.title


def database_ref(index: Index, database_id: str) -> DatabaseRef:
    """Return the reference of a database id."""
    return DatabaseRef(database_id, index.database_name(database_id))


def database_refs(index: Index, database_ids: list[str]) -> tuple[DatabaseRef, ...]:
    """Return references in the given order."""
    return tuple(database_ref(index, item) for item in database_ids)


def scoped_databases(index: Index, credential: Credential) -> tuple[ScopedDatabase, ...]:
    """Return the views of a credential's scope."""
    return tuple(
        ScopedDatabase(
            id=entry.database,
            name=index.database_name(entry.database),
            added_at=entry.added_at,
            evidence=entry.evidence.value if entry.evidence else None,
            removal_wanted=entry.removal_wanted_at is not None,
            refused_at=entry.refused_at,
        )
        for entry in credential.scope
    )


def dependent_ref(index: Index, item: Dependent) -> DependentRef:
    """Return the reference of a collection or column."""
    return DependentRef(item.kind, index.address(item), item.provider, item.authentication.value, item.credential)


def dependent_refs(index: Index, items: list[Dependent]) -> tuple[DependentRef, ...]:
    """Return references, sorted by kind and address."""
    return tuple(sorted((dependent_ref(index, item) for item in items), key=lambda ref: (ref.kind, ref.address)))


def dependent_line(index: Index, item: Dependent) -> str:
    """Return one line for a list of what is affected."""
    return f"{item.kind} {index.address(item)} ({service_text(item)})"


def pending_row(index: Index, step: PendingStep) -> PendingRow:
    """Return the row of a pending step."""
    return PendingRow(
        id=step.id,
        verb=step.verb,
        kind=step.kind,
        provider=step.provider,
        credential=step.credential,
        database=database_ref(index, step.database) if step.database is not None else None,
        wanted_at=step.wanted_at,
        portal=step.portal,
    )
